import Market
import Metrics
import Scenario
import Strategies
import Testing
import Trading

@testable import Runtime

@Suite struct PaperTests {
    /// Both venues speak Backpack's protocol.
    private static let spoken = ["venues.two.profile=backpack"]

    private static let hedge =
        "size: \"0.05 BTC\", hold: [\"30 s\", \"40 s\"], cool_down: [\"5 s\", \"6 s\"], entry_timeout: \"60 s\", interval: \"2 s\""

    @Test(arguments: [("xemm", Workbench.xemm), ("simple_hedge", hedge)])
    func `on a feed that is known in time a paper run is the backtest of it`(strategy: String, parameters: String) throws {
        let bench = try Workbench()
        let scenario = try bench.scenario(
            bench.synth(minutes: 10), strategy: strategy, parameters: parameters, latency: "\"20 ms\"", overrides: Self.spoken)
        let (taped, live) = (KeptOutput(), KeptOutput())
        let backtest = try Backtest(scenario, registry: .builtIn).run(output: taped)
        let paper = try PaperWorld(scenario, output: live, allowance: .milliseconds(10)).go()

        #expect(backtest.result.fillCount > 10 && backtest.journalRecords > 100)
        #expect(paper.journalHash == backtest.journalHash && paper.journalRecords == backtest.journalRecords)
        #expect(live.tables == taped.tables)
        #expect(paper.result.netProfit == backtest.result.netProfit && paper.result.attribution.residual == .zero)
        #expect(paper.result.fillCount == backtest.result.fillCount && paper.result.drawdown == backtest.result.drawdown)
        #expect(paper.feeds.map(\.medianLatency) == backtest.feeds.map(\.medianLatency))
        let figures = try #require(paper.paper)
        #expect(figures.lateReports == 0 && figures.lateRecords == 0 && figures.reports > 20)
        #expect(figures.largestLag <= .milliseconds(10))
    }
}
