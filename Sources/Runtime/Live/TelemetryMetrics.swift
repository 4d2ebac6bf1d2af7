/// What became of what was told to one receiver.
public struct TelemetryCount: Hashable, Sendable {
    /// Such as `telegram`.
    public var receiver: String
    public var sent: Int64 = 0
    public var failed: Int64 = 0
    /// Too much was waiting.
    public var dropped: Int64 = 0

    public init(receiver: String) { self.receiver = receiver }
}

/// A run's status as Prometheus reads it.
public struct TelemetryMetrics {
    private enum Kind: String { case counter, gauge }

    private let run: String
    public private(set) var text = ""

    public init(_ status: RunStatus, _ told: [TelemetryCount]) {
        run = status.run
        gauge("up", "Whether the run sends orders.", [([], status.state == .running ? "1" : "0")])
        gauge("uptime_seconds", "Since the process began.", [([], "\(status.uptimeSeconds)")])
        gauge("kill_level", "How much was killed, 0 to 4.", [([], status.kill.map { String($0.dropFirst().prefix(1)) } ?? "0")])
        addCounts(status.counts)
        addStrategies(status.strategies)
        addVenues(status.venues)
        addAccounts(status.accounts)
        counter("journal_records", "Records of the journal.", [([], "\(status.journal.records)")])
        gauge("journal_lag_seconds", "How long the oldest record has waited for the disk.", [([], seconds(status.journal.lagMilliseconds))])
        func receivers(_ value: (TelemetryCount) -> Int64) -> [([(String, String)], String)] {
            told.map { ([("receiver", $0.receiver)], "\(value($0))") }
        }
        counter("telemetry_sent", "What was told.", receivers(\.sent))
        counter("telemetry_failed", "What could not be told.", receivers(\.failed))
        counter("telemetry_dropped", "What was not told because too much was waiting.", receivers(\.dropped))
    }

    private mutating func addCounts(_ counts: RunStatus.Counts) {
        counter("orders", "Orders that were sent.", [([], "\(counts.orders)")])
        counter("fills", "Fills.", [([], "\(counts.fills)")])
        counter("late_fills", "Fills of orders that had ended.", [([], "\(counts.lateFills)")])
        counter("rejects", "What venues refused.", [([], "\(counts.rejects)")])
        counter("denials", "Orders that our own risk refused.", [([], "\(counts.denials)")])
        counter("unknown_requests", "Requests of whose outcome nobody told in time.", [([], "\(counts.unknowns)")])
        counter("liquidations", "Positions closed by force.", [([], "\(counts.liquidations)")])
        counter("alarms", "What a person should look at.", [([], "\(counts.alarms)")])
    }

    private mutating func addStrategies(_ strategies: [RunStatus.Strategy]) {
        gauge("frozen", "Whether a strategy takes no new risk.", strategies.map { ([("strategy", $0.name)], $0.frozen == nil ? "0" : "1") })
        counter(
            "cycles", "Rounds that a strategy has done.",
            strategies.compactMap { strategy in
                strategy.cyclesDone.map { ([("strategy", strategy.name)], "\($0)") }
            })
        func exposures(_ value: (RunStatus.Exposure) -> String) -> [([(String, String)], String)] {
            strategies.compactMap { strategy in
                strategy.exposure.map { ([("currency", $0.currency), ("strategy", strategy.name)], value($0)) }
            }
        }
        gauge("exposure", "What confirmed fills leave open, in base currency.", exposures(\.pending))
        gauge("hedge_need", "What is still to be hedged.", exposures(\.need))
        gauge("exposure_age_seconds", "Since when there is any.", exposures { seconds($0.sinceMilliseconds ?? 0) })
    }

    private mutating func addVenues(_ venues: [RunStatus.Venue]) {
        gauge(
            "stream_up", "Whether a stream is up.",
            venues.flatMap { venue in
                venue.streams.map { ([("stream", $0.name), ("venue", venue.name)], $0.state == "up" ? "1" : "0") }
            })
        gauge(
            "book_synchronised", "Whether a book can be traded on.",
            venues.flatMap { venue in
                venue.books.map { ([("instrument", $0.instrument), ("venue", venue.name)], $0.state == "synchronised" ? "1" : "0") }
            })
        gauge(
            "book_age_seconds", "Since a book changed.",
            venues.flatMap { venue in
                venue.books.compactMap { book in
                    book.ageMilliseconds.map { ([("instrument", book.instrument), ("venue", venue.name)], seconds($0)) }
                }
            })
        gauge("clock_offset_milliseconds", "The venue's time less ours.", venues.map { ([("venue", $0.name)], $0.clockOffsetMilliseconds) })
    }

    private mutating func addAccounts(_ accounts: [RunStatus.Account]) {
        gauge(
            "balance", "Of an account.",
            accounts.flatMap { account in
                account.balances.map { ([("account", account.name), ("currency", $0.currency)], $0.amount) }
            })
        gauge(
            "equity", "Balance with what open positions would add.",
            accounts.flatMap { account in
                account.balances.compactMap { amount in
                    amount.equity.map { ([("account", account.name), ("currency", amount.currency)], $0) }
                }
            })
        gauge(
            "position", "In base currency or contracts.",
            accounts.flatMap { account in
                account.positions.map { ([("account", account.name), ("instrument", $0.instrument)], $0.quantity) }
            })
        gauge("open_orders", "Orders that are not done.", accounts.map { ([("account", $0.name)], "\($0.orders.count)") })
        gauge(
            "unknown_orders", "Orders of which something is unknown.",
            accounts.map { account in
                ([("account", account.name)], "\(account.orders.count { $0.unknownMilliseconds != nil })")
            })
        gauge(
            "requests_used", "Of the venue's limit of requests.",
            accounts.compactMap { account in
                account.requests.map { ([("account", account.name)], "\($0.used)") }
            })
    }

    private func seconds(_ milliseconds: Int64) -> String {
        let rest = milliseconds % 1_000
        return rest == 0 ? "\(milliseconds / 1_000)" : "\(milliseconds / 1_000).\("000\(rest)".suffix(3))"
    }

    // MARK: Lines

    private typealias Sample = (labels: [(String, String)], value: String)

    private mutating func gauge(_ name: String, _ help: String, _ samples: [([(String, String)], String)]) {
        add(.gauge, "mmsim_\(name)", help, samples)
    }

    private mutating func counter(_ name: String, _ help: String, _ samples: [([(String, String)], String)]) {
        add(.counter, "mmsim_\(name)_total", help, samples)
    }

    /// - Parameter samples: Labels in the order of their names.
    private mutating func add(_ kind: Kind, _ name: String, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = (sample.labels + [("run", run)]).sorted { $0.0 < $1.0 }.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }
            text += "\(name){\(labels.joined(separator: ","))} \(sample.value)\n"
        }
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, letter in
            switch letter {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(letter)
            }
        }
    }
}
