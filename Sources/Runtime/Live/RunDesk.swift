public import Market
public import Scenario
internal import Signing
public import Strategies
public import Trading

/// How a live run is seen and steered from outside: its status, and parameters that may change while it goes on.
///
/// It is made before the run starts, and belongs to the run's event loop from then on.
public final class RunDesk: @unchecked Sendable {
    private let run: LiveRun
    private let tally: RunTally
    private let names: RunStatus.Names
    private let parameters: ParameterDesk
    private let began: Timestamp

    /// - Parameters:
    ///   - scenario: The run's.
    ///   - process: The system's number of it.
    ///   - began: When the process began.
    public init(_ run: LiveRun, _ scenario: Scenario, registry: StrategyRegistry, process: Int32, began: Timestamp) {
        (self.run, self.began) = (run, began)
        let header = run.header
        tally = RunTally(strategies: scenario.strategies.map(\.label))
        names = RunStatus.Names(
            run: scenario.name, scenario: scenario.hash.description, process: process, venues: run.venues.map { scenario.venues[$0].name },
            sessionOfInstrument: header.feeds.map { feed in run.venues.firstIndex(of: feed.venue) ?? 0 },
            strategies: scenario.strategies.map(\.label))
        parameters = ParameterDesk(scenario, bindings: header.allInstances.compactMap { header.binding($0.legs) }, registry: registry)
        run.live.core.observe(tally)
    }

    /// What people were told of, for the status.
    public func note(_ notice: LiveRun.Notice) {
        if notice.isAlarm { tally.alarm(notice.text, from: notice.kind.rawValue, at: notice.time) }
    }

    public func status(at now: Timestamp) -> RunStatus {
        let lag = run.journal.lag.committedUntil.map { run.live.core.now - $0 } ?? .zero
        return RunStatus(
            run.live, tally, names, desk: parameters, journal: .init(records: run.recordCount, lag: max(.zero, lag)), began: began, at: now)
    }

    /// - Throws: Why the parameter can't be that.
    public func change(_ key: String, to text: String) throws(ParameterError) -> (event: OperatorEvent, text: String) {
        let accepted = try parameters.change(key, to: text, in: run.live.core)
        return (.set(accepted.change), accepted.text)
    }
}
