internal import Market
internal import Trading
internal import Venues

/// Finds what somebody should know of a run's venues: streams that are silent, requests that are refused, orders of which nobody tells
/// what became. What goes wrong for a moment is told; where it lasts it is an alarm.
final class VenueWatch: LiveObserver {
    private struct Venue {
        var name: String
        /// By stream: since when it is silent.
        var silent = [Silence?](repeating: nil, count: ConnectionEvent.Stream.allCases.count)
        var refusals = Refusals()
        /// By kind: alarms of its session.
        var alarms: [SessionAlarm.Kind: Alarms] = [:]
        /// Whether it was told that outcomes are unknown.
        var isUnknownTold = false
    }

    private struct Silence {
        /// `.never`: since the first look.
        var since: Timestamp
        /// Nothing has come yet: a venue that is never heard is silent, too.
        var isFirst = false
        var isAlarmed = false
    }

    private struct Refusals {
        var since = Timestamp.distantPast
        var count = 0
        /// Until then no more is told.
        var quietUntil = Timestamp.distantPast
    }

    /// Alarms of one kind come in crowds: one is told, then how many more there were.
    private struct Alarms {
        var quietUntil: Timestamp
        var more = 0
    }

    /// What lasts so long is an alarm.
    private static let patience = Nanoseconds.seconds(5)
    /// So many refusals within a span are an alarm, which is not repeated for another one.
    private static let (refusalLimit, refusalSpan, refusalPause) = (5, Nanoseconds.seconds(10), Nanoseconds.seconds(60))
    private static let alarmPause = Nanoseconds.seconds(10)

    /// By session.
    private var venues: [Venue]
    private let sessionOfAccount: [Int]
    private var news: [LiveRun.Notice] = []

    /// - Parameter names: Of the sessions' venues.
    init(_ live: LiveCore, names: [String]) {
        venues = names.map { Venue(name: $0) }
        sessionOfAccount = live.sessionOfAccount
        for session in venues.indices {
            for stream in [ConnectionEvent.Stream.market, .account] where stream == .market || sessionOfAccount.contains(session) {
                venues[session].silent[Int(stream.rawValue)] = Silence(since: .never, isFirst: true)
            }
        }
    }

    func take() -> [LiveRun.Notice] {
        defer { news = [] }
        return news
    }

    private func tell(_ text: String, at time: Timestamp, isAlarm: Bool = false) {
        news.append(LiveRun.Notice(kind: .venue, time: time, text: text, isAlarm: isAlarm))
    }

    // MARK: What is heard

    func told(_ input: CoreInput, by session: Int, at now: Timestamp) {
        switch input {
        case .connection(let event): note(event, session, now)
        case .account(let event):
            if case .rejected(_, _, let reason) = event.report, reason.isOfTheVenue { refused(reason, session, now) }
        case .market, .wake, .operator: break
        }
    }

    func commanded(_ command: Command, at now: Timestamp) {}

    private func note(_ event: ConnectionEvent, _ session: Int, _ now: Timestamp) {
        let stream = Int(event.stream.rawValue)
        let silence = venues[session].silent[stream]
        switch event.change {
        case .down, .stalled:
            guard silence == nil else { return }
            venues[session].silent[stream] = Silence(since: now)
            tell("\(venues[session].name): \(event.stream.title) \(event.change == .down ? "ended" : "stands still")", at: now)
        case .up, .resumed:
            guard let silence else { return }
            venues[session].silent[stream] = nil
            guard !silence.isFirst || silence.isAlarmed else { return }
            let back = silence.isFirst ? "" : " back"
            tell("\(venues[session].name): \(event.stream.title) came\(back) after \(Self.seconds(now - silence.since))", at: now)
        }
    }

    private func refused(_ reason: RejectReason, _ session: Int, _ now: Timestamp) {
        var refusals = venues[session].refusals
        if now > refusals.since + Self.refusalSpan { (refusals.since, refusals.count) = (now, 0) }
        refusals.count += 1
        if refusals.count >= Self.refusalLimit, now >= refusals.quietUntil {
            refusals.quietUntil = now + Self.refusalPause
            let span = "\(Self.refusalSpan.count / 1_000_000_000) s"
            tell(
                "\(venues[session].name): \(refusals.count) requests refused or not answered within \(span), the last because \(reason)",
                at: now, isAlarm: true)
        }
        venues[session].refusals = refusals
    }

    /// What a session says to people.
    func alarmed(_ alarm: SessionAlarm, _ session: Int, _ now: Timestamp) {
        guard now >= venues[session].alarms[alarm.kind]?.quietUntil ?? .distantPast else {
            venues[session].alarms[alarm.kind]?.more += 1
            return
        }
        venues[session].alarms[alarm.kind] = Alarms(quietUntil: now + Self.alarmPause)
        tell("\(venues[session].name): \(alarm.kind.rawValue): \(alarm.text)", at: now, isAlarm: true)
    }

    // MARK: What lasts

    /// To be called several times a second.
    func look(at now: Timestamp, _ core: TradingCore) {
        for session in venues.indices {
            for kind in SessionAlarm.Kind.allCases {
                guard let alarms = venues[session].alarms[kind], alarms.quietUntil <= now else { continue }
                venues[session].alarms[kind] = nil
                if alarms.more > 0 { tell("\(venues[session].name): \(kind.rawValue): \(alarms.more) more", at: now, isAlarm: true) }
            }
            for stream in ConnectionEvent.Stream.allCases {
                let place = Int(stream.rawValue)
                if venues[session].silent[place]?.since == .never { venues[session].silent[place]?.since = now }
                guard let silence = venues[session].silent[place], !silence.isAlarmed, silence.since + Self.patience <= now
                else { continue }
                venues[session].silent[place]?.isAlarmed = true
                tell("\(venues[session].name): no \(stream.title) for \(Self.seconds(now - silence.since))", at: now, isAlarm: true)
            }
        }
        var unknown = [Int](repeating: 0, count: venues.count)
        for order in core.openOrders {
            guard case .unknown(let since, _) = order.certainty, since + Self.patience <= now else { continue }
            unknown[sessionOfAccount[order.draft.account.index]] += 1
        }
        for session in venues.indices where (unknown[session] > 0) != venues[session].isUnknownTold {
            venues[session].isUnknownTold.toggle()
            if unknown[session] > 0 {
                let orders = unknown[session] == 1 ? "an order" : "\(unknown[session]) orders"
                tell("\(venues[session].name): nobody tells what became of \(orders)", at: now, isAlarm: true)
            } else {
                tell("\(venues[session].name): what became of every order is known again", at: now)
            }
        }
    }

    private static func seconds(_ span: Nanoseconds) -> String { "\(Decimal.text(span.count / 100_000_000, decimals: 1)) s" }
}

extension ConnectionEvent.Stream {
    fileprivate var title: String {
        switch self {
        case .market: "market data"
        case .account: "news of the accounts"
        case .orders: "order entry"
        }
    }
}

extension RejectReason {
    /// Whether it tells of the venue's state, or of how we stand to it, not of the order.
    fileprivate var isOfTheVenue: Bool {
        switch self {
        case .rateLimit, .quota, .nonce, .expired, .halted, .notSynchronised, .venue: true
        case .unknownInstrument, .tickSize, .lotSize, .minimumQuantity, .minimumNotional, .maximumQuantity, .priceBand, .margin, .balance,
            .reduceOnly, .postOnlyWouldTake, .duplicateOrder, .unknownOrder, .selfTrade, .openOrderLimit, .unsupported:
            false
        }
    }
}
