public import Market
public import Trading
internal import Venues

/// What a live run's core heard and commanded, from the run's border log.
///
/// The log is fed to a fresh core and its sessions, which read every frame again: what they hand over is what the run's core was told,
/// and what the core commands is what it commanded then.
public struct LiveRecording: Sendable {
    public enum Item: Hashable, Sendable {
        case report(AccountEvent)
        case connection(ConnectionEvent)
        case command(Command, at: Timestamp)
    }

    /// In the order in which the core was told and answered.
    public private(set) var items: [Item] = []
    /// Our fills by instrument and by the numbers that the public stream gives their trades.
    public private(set) var ownTrades: [InstrumentID: [Int64: [Fill]]] = [:]
    /// When the run began and ended; the last moment of the log where it was killed.
    public private(set) var start: Timestamp
    public private(set) var end: Timestamp

    /// - Parameters:
    ///   - path: What the log is called in an error.
    ///   - live: The run, freshly built.
    ///   - market: Told what was heard of the market: the venue's time as it was told, and ours.
    /// - Throws: Where the log can't be read, or is not of that run.
    public init(
        _ source: any BorderSource, path: String, _ live: LiveCore, market: @escaping (MarketEvent) -> Void
    ) throws(RunError) {
        let listener = Listener(live.sessions, market)
        live.observer = listener
        var replay = LiveReplay(live)
        (start, end) = (.never, .distantPast)
        while let entry = try source.next() {
            if entry.record.kind == .start { start = min(start, entry.record.time) }
            // What is heard after the stop is no part of what the strategies did, but of what became of it.
            if !listener.hasStopped { end = entry.record.time }
            if entry.record.kind == .stop { listener.hasStopped = true }
            if let difference = replay.take(entry) {
                throw .journal(
                    path: path, message: "record \(difference.number) of '\(path)' does not follow from those before it",
                    hint: "read it with the program, the scenario and the parameters of the run")
            }
        }
        guard start != .never else {
            throw .journal(path: path, message: "'\(path)' has no run in it", hint: "it holds no start of a run")
        }
        (items, ownTrades) = (listener.items, listener.ownTrades)
    }

    private final class Listener: LiveObserver {
        var items: [Item] = []
        var ownTrades: [InstrumentID: [Int64: [Fill]]] = [:]
        var hasStopped = false
        private let sessions: [any VenueSession]
        private let market: (MarketEvent) -> Void

        init(_ sessions: [any VenueSession], _ market: @escaping (MarketEvent) -> Void) {
            (self.sessions, self.market) = (sessions, market)
        }

        func told(_ input: CoreInput, by session: Int, at now: Timestamp) {
            switch input {
            case .market(let event): market(event)
            case .account(let event):
                items.append(.report(event))
                if case .filled(let fill) = event.report { note(fill, sessions[session].publicTrade(of: fill)) }
            case .connection(let event): items.append(.connection(event))
            case .wake, .operator: break
            }
        }

        private func note(_ fill: Fill, _ number: Int64) {
            // A fill may be told again when it is asked for.
            if ownTrades[fill.instrument]?[number]?.contains(where: { $0.order == fill.order }) == true { return }
            ownTrades[fill.instrument, default: [:]][number, default: []].append(fill)
        }

        func commanded(_ command: Command, at now: Timestamp) { items.append(.command(command, at: now)) }
    }
}
