import Market
import Scenario
import Simulation
import Strategies
import Tape
import Trading
import Venues

@testable import Runtime

/// A session that tells the records of a feed at the times at which they were received, and needs no socket.
final class RecordedSession: VenueSession {
    private var feeds: [(source: any MarketSource, batch: EventBatch?, at: Int)]
    private var told = Ring<MarketEvent>()
    private(set) var failure: RunError?

    init(_ sources: [any MarketSource]) {
        feeds = sources.map { ($0, nil, 0) }
        for index in feeds.indices { load(index) }
    }

    private func load(_ index: Int) {
        while feeds[index].batch.map({ feeds[index].at == $0.count }) ?? true {
            do { feeds[index].batch = try feeds[index].source.next() } catch { failure = error }
            feeds[index].at = 0
            if feeds[index].batch == nil { return }
        }
    }

    private func next(_ index: Int) -> MarketEvent? { feeds[index].batch.map { $0[feeds[index].at] } }

    func advance(to now: Timestamp) {
        for index in feeds.indices {
            while let event = next(index), event.receiveTime <= now {
                told.append(event)
                feeds[index].at += 1
                load(index)
            }
        }
    }

    var nextWake: Timestamp { feeds.indices.reduce(Timestamp.never) { min($0, next($1)?.receiveTime ?? .never) } }
    func nextInput(now: Timestamp) -> CoreInput? { told.isEmpty ? nil : .market(told.removeFirst()) }

    func start(at now: Timestamp) {}
    func restart(at now: Timestamp) {}
    var streams: [StreamStatus] { [] }
    func requests(of account: AccountID, at now: Timestamp) -> RequestUse? { nil }
    func handle(_ command: Command, now: Timestamp) {}
    func opened(_ socket: SocketID, at now: Timestamp) {}
    func closed(_ socket: SocketID, at now: Timestamp) {}
    func heard(_ socket: SocketID, at now: Timestamp) {}
    func receive(_ frame: Span<UInt8>, from socket: SocketID, at now: Timestamp) {}
    func answer(_ id: RequestID, _ outcome: HTTPOutcome, at now: Timestamp) {}
    var clock: ClockOffset { ClockOffset() }
    var frameInstrument: InstrumentID? { nil }
    func isAudit(_ request: RequestID) -> Bool { false }
    func refreshBooks(at now: Timestamp) {}
    func nextAction() -> SessionAction? { nil }
    func takeAlarms() -> [SessionAlarm] { [] }
    func bytesWithoutSecrets(of action: SessionAction) -> [UInt8] { [] }
}

/// The rows of a run's tables, each as text.
final class KeptOutput: RunOutput {
    var fills: [String] = []
    var witnesses: [String] = []
    var orders: [String] = []
    var equity: [String] = []
    var positions: [String] = []
    var notes: [String] = []

    func fill(
        _ fill: Fill, of strategy: String?, purpose: OrderPurpose?, account: String, instrument: Instrument, venueTime: Timestamp,
        isLate: Bool
    ) throws(RunError) { fills.append("\(fill) \(account) \(venueTime) \(isLate)") }
    func witness(_ fill: VenueFill, account: String, instrument: Instrument) throws(RunError) { witnesses.append("\(fill) \(account)") }
    func order(_ order: Order, of strategy: String?, account: String, instrument: Instrument, at time: Timestamp) throws(RunError) {
        orders.append("\(order.id) \(order.life) \(order.filled) \(time)")
    }
    func equity(_ equity: Int64, at time: Timestamp) throws(RunError) { self.equity.append("\(time) \(equity)") }
    func position(_ quantity: Quantity, account: String, instrument: Instrument, at time: Timestamp) throws(RunError) {
        positions.append("\(quantity) \(account) \(time)")
    }
    func note(_ text: String, at time: Timestamp) throws(RunError) { notes.append("\(time) \(text)") }

    /// All but what is noted when it is heard of.
    var tables: [[String]] { [fills, witnesses, orders, equity, positions, notes] }
}

/// Runs a scenario on paper with its tapes as live feeds, without any time of our own.
struct PaperWorld {
    let scenario: Scenario
    let plan: PaperPlan
    let run: PaperRun
    private let recorded: [RecordedSession]
    private let span: ClosedRange<Timestamp>

    /// - Parameter allowance: As `PaperRun.Options` has it.
    init(
        _ scenario: Scenario, registry: StrategyRegistry = .builtIn, journal: String? = nil, output: (any RunOutput)? = nil,
        allowance: Nanoseconds?
    ) throws {
        self.scenario = scenario
        let taped = try RunPlan(scenario, TapeCatalog(scenario.tapes))
        span = taped.start...taped.end
        let listed = scenario.venues.indices.map { venue in
            taped.listings.filter { $0.venue == venue }.map { $0.parts[0].summary.description.instrument }
        }
        plan = try PaperPlan(scenario, listed: listed, start: taped.start, duration: taped.end - taped.start)
        recorded = plan.venueOfSession.map { venue in
            RecordedSession(
                taped.listings.enumerated().filter { $0.element.venue == venue }.map { index, listing in
                    TapeCatalog.source(
                        listing.parts, instrument: InstrumentID(index), minimumLatency: scenario.venues[listing.venue].minimumLatency)
                })
        }
        run = try PaperRun(
            plan, recorded, registry: registry, .init(journalPath: journal, output: output, allowance: allowance))
    }

    /// Tells everything at its time, from the first record to what is on its way at the end.
    func go() throws -> Backtest.Outcome {
        try run.open(at: min(run.nextWake, span.lowerBound))
        while run.nextWake <= span.lowerBound { try run.wake(at: run.nextWake) }
        run.begin(at: span.lowerBound)
        while run.nextWake <= span.upperBound { try run.wake(at: run.nextWake) }
        run.end(.endOfData, at: span.upperBound)
        while !run.isDone { try run.wake(at: run.nextWake) }
        for session in recorded { if let failure = session.failure { throw failure } }
        return try run.finish(tapes: nil, lostItems: nil, isPartial: false)
    }
}
