internal import Market

extension RunStatus {
    /// For a terminal, on one screen.
    public var screen: String {
        var lines = [headline, "scenario \(scenario.prefix(12))  process \(process)  \(time)  up \(Self.span(uptimeSeconds * 1_000))"]
        lines += strategies.flatMap(lines(of:))
        lines += venues.flatMap(lines(of:))
        lines += accounts.flatMap(lines(of:))
        lines.append(
            "counts  \(counts.orders) orders, \(counts.fills) fills (\(counts.lateFills) late), \(counts.rejects) rejected, "
                + "\(counts.denials) denied, \(counts.unknowns) unknown, \(counts.liquidations) liquidations")
        lines.append("journal  \(journal.records) records, \(journal.lagMilliseconds) ms behind")
        if let note = notes.last { lines.append("last said  \(Self.text(note))") }
        lines += alarms.suffix(5).map { "alarm  \(Self.text($0))" }
        return lines.joined(separator: "\n")
    }

    private var headline: String {
        let unknown = accounts.reduce(0) { $0 + $1.orders.count { $0.unknownMilliseconds != nil } }
        var words = ["\(run): \(state.rawValue)"]
        if let kill { words.append("killed: \(kill)") }
        if unknown > 0 { words.append("\(unknown) orders unknown") }
        if counts.alarms > 0 { words.append("\(counts.alarms) alarms") }
        return words.joined(separator: ", ")
    }

    private func lines(of strategy: Strategy) -> [String] {
        var words = ["strategy \(strategy.name)"]
        if !strategy.phase.isEmpty { words.append(strategy.phase) }
        if let cycles = strategy.cyclesDone { words.append("\(cycles) cycles done") }
        if let frozen = strategy.frozen { words.append("no new risk: \(frozen)") }
        var lines = [words.joined(separator: "  ")]
        if let exposure = strategy.exposure {
            var text =
                "  exposure \(exposure.pending) \(exposure.currency), in flight \(exposure.inFlight), need \(exposure.need), "
                + exposure.state
            if let since = exposure.sinceMilliseconds { text += " for \(Self.span(since))" }
            if exposure.failures > 0 { text += ", \(exposure.failures) hedges failed" }
            lines.append(text)
        }
        if !strategy.changed.isEmpty {
            lines.append("  set " + strategy.changed.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", "))
        }
        return lines
    }

    private func lines(of venue: Venue) -> [String] {
        let streams = venue.streams.map { stream in
            "\(stream.name) \(stream.state)" + (stream.state == "up" ? "" : stream.silentMilliseconds.map { " (\(Self.span($0)))" } ?? "")
        }
        let error = venue.clockErrorMilliseconds.map { " ± \($0)" } ?? ", not measured"
        var lines = ["venue \(venue.name)  \(streams.joined(separator: ", "))  clock \(venue.clockOffsetMilliseconds) ms\(error)"]
        for book in venue.books {
            let age = book.ageMilliseconds.map { Self.span($0) } ?? "never"
            lines.append("  \(book.instrument)  \(book.bid ?? "–") / \(book.ask ?? "–")  \(book.state), \(age)")
        }
        return lines
    }

    private func lines(of account: Account) -> [String] {
        let balances = account.balances.map { amount in
            "\(amount.amount) \(amount.currency)"
                + (amount.equity.flatMap { $0 == amount.amount ? nil : " (with positions \($0))" } ?? "")
        }
        var head = "account \(account.name) at \(account.venue)  \(balances.joined(separator: ", "))"
        if let use = account.requests { head += "  requests \(use.used) of \(use.limit) in \(use.perSeconds) s" }
        var lines = [head]
        for position in account.positions {
            lines.append(
                "  holds \(position.quantity) \(position.instrument)" + (position.value.map { ", worth \($0) \(position.currency)" } ?? ""))
        }
        let shown = 12
        for order in account.orders.prefix(shown) {
            let unknown = order.unknownMilliseconds.map { "  UNKNOWN for \(Self.span($0))" } ?? ""
            lines.append(
                "  order \(order.id)  \(order.side) \(order.quantity) \(order.instrument) at \(order.price ?? "market"), "
                    + "\(order.filled) filled  \(order.purpose)  \(order.state)  \(Self.span(order.ageMilliseconds))\(unknown)")
        }
        if account.orders.count > shown { lines.append("  and \(account.orders.count - shown) more orders") }
        return lines
    }

    private static func text(_ remark: Remark) -> String {
        ([remark.time] + [remark.source, remark.text].filter { !$0.isEmpty }).joined(separator: "  ")
    }

    /// In the two units that say enough of it.
    private static func span(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        return switch seconds {
        case ..<10: "\(milliseconds) ms"
        case ..<120: "\(seconds) s"
        case ..<7_200: "\(seconds / 60) min \(seconds % 60) s"
        default: "\(seconds / 3_600) h \(seconds / 60 % 60) min"
        }
    }
}
