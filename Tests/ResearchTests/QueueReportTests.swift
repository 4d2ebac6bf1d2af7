import Market
import Simulation
import Testing

@testable import Research

@Suite struct BlockBootstrapTests {
    @Test func `what is the same in every block has an interval of no width`() {
        let bootstrap = BlockBootstrap(blocks: 10, resamples: 200, seed: 1)
        let interval = bootstrap.interval([Double](repeating: 3, count: 10), over: [Double](repeating: 4, count: 10))
        #expect(interval == 0.75...0.75)
    }

    @Test func `a mean of two unlike blocks lies anywhere between them`() {
        let bootstrap = BlockBootstrap(blocks: 2, resamples: 1_000, seed: 1)
        #expect(bootstrap.interval([0, 10], over: [10, 10]) == 0...1)
        #expect(bootstrap.intervalOfMedian([(1, 0), (2, 0), (8, 1), (9, 1)]) == 1...8)
    }

    @Test func `the median of many values is found among a thousand places`() throws {
        let values = (0..<50_000).map { (value: Double($0), block: $0 % 20) }
        let interval = try #require(BlockBootstrap(blocks: 20, resamples: 100, seed: 1).intervalOfMedian(values))
        #expect(interval.lowerBound > 24_900 && interval.upperBound < 25_100)
    }

    @Test func `one block says nothing of its spread`() {
        #expect(BlockBootstrap(blocks: 1, resamples: 100, seed: 1).interval([1], over: [2]) == nil)
    }

    @Test func `a seed gives its interval, and more blocks a narrower one`() {
        func width(_ blocks: Int, _ seed: UInt64) -> Double {
            let values = (0..<blocks).map { Double($0 % 2) }
            let interval = BlockBootstrap(blocks: blocks, resamples: 500, seed: seed)
                .interval(values, over: [Double](repeating: 1, count: blocks))
            return interval.map { $0.upperBound - $0.lowerBound } ?? 0
        }
        #expect(width(40, 7) == width(40, 7))
        #expect(width(400, 7) < width(40, 7) / 2)
        // The mean of 40 fair coins has a standard error of 0.079: ±1.96 of it is 0.31 wide.
        #expect(abs(width(40, 7) - 0.31) < 0.06)
    }
}

@Suite struct QueueVerdictTests {
    /// A thousand orders in blocks of 25, every fifth of which fills after ten seconds. Each model misses or adds so many of every
    /// fifty, one that is no more than one off only in a tenth of the time.
    private static func report(_ models: [(name: String, change: Int, delay: Int64)]) -> QueueReport {
        let start = Timestamp(nanoseconds: 0)
        let outcomes = (0..<1_000).map { serial in
            let turn = serial % 50
            let isFilled = turn % 5 == 0
            let estimates = models.map { model -> Nanoseconds? in
                let errs = abs(model.change) > 1 || serial / 50 % 10 == 0
                let missed = errs && isFilled && turn / 5 < -model.change
                let added = errs && !isFilled && turn % 5 == 1 && turn / 5 < model.change
                return (isFilled && !missed) || added ? .seconds(10 + model.delay) : nil
            }
            return QueueOutcome(
                serial: serial, placed: start + .seconds(Int64(serial) * 30), distance: 0, exact: isFilled ? .seconds(10) : nil,
                models: ContiguousArray(estimates))
        }
        var settings = QueueStudy.Settings()
        settings.block = .seconds(50 * 30 / 2)
        return QueueReport(
            instrument: .plain, settings: settings, models: models.map { .init($0.name, .riskAverse) }, counts: .init(), outcomes: outcomes,
            start: start, end: start + .hours(9))
    }

    @Test func `figures are shares and differences`() throws {
        let report = Self.report([("late", -2, 3)])
        let comparison = try #require(report.all.comparisons.first)
        #expect(comparison.exactShare == 0.2 && comparison.share == 0.16 && comparison.bothFilled == 160)
        #expect(abs(comparison.shareError.value + 0.04) < 1e-12)
        #expect(comparison.exactMean == 10 && comparison.mean == 13 && comparison.exactMedian == 10 && comparison.median == 13)
        #expect(comparison.meanError == .init(value: 3, interval: 3...3) && comparison.medianError == .init(value: 3, interval: 3...3))
        #expect(report.blockCount == 40)
    }

    @Test func `where intervals overlap, the more pessimistic model is the default`() {
        let report = Self.report([("keen", 1, 0), ("right", 0, 0), ("shy", -1, 0), ("timid", -10, 0)])
        #expect(report.verdict == .init(nearest: "right", indistinguishable: ["shy", "right", "keen"]))
        #expect(report.verdict?.recommended == "shy")
    }

    @Test func `of two that fill as often the slower is more pessimistic`() {
        #expect(Self.report([("quick", 0, 0), ("slow", 0, 5)]).verdict?.recommended == "slow")
    }

    @Test func `tables hold a row for each group and model`() {
        let report = Self.report([("one", 0, 0), ("two", -5, 2)])
        #expect(
            report.rows.map { $0.prefix(5) } == [
                ["0", "1000", "one", "0.200000", "0.200000"], ["0", "1000", "two", "0.200000", "0.100000"],
                ["all", "1000", "one", "0.200000", "0.200000"], ["all", "1000", "two", "0.200000", "0.100000"],
            ])
        #expect(report.rows.allSatisfy { $0.count == QueueReport.columns.count })
        #expect(
            report.markdown.contains("| 0 | 1000 | one | 20.00 | 20.00 | 0.00 | 0.00 to 0.00 |\n|  |  | two | 20.00 | 10.00 | −10.00 |"))
        #expect(report.markdown.hasSuffix("No other model's interval overlaps its own: the default is one.\n"))
    }
}
