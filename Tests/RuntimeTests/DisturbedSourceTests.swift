import Market
import Scenario
import Strategies
import Testing
import Trading

@testable import Runtime

/// What a feed says otherwise than it was recorded.
@Suite struct DisturbedSourceTests {
    private static func record(_ kind: MarketEvent.Kind, _ time: Int64, _ price: Int64, _ quantity: Int64 = 0, detail: Int64 = 0)
        -> MarketEvent
    {
        MarketEvent(
            kind: kind, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: time), receiveTime: Timestamp(nanoseconds: time + 1),
            price: price, quantity: quantity, detail: detail, flags: [.first, .last])
    }

    private static func told(_ events: [MarketEvent], _ disturbances: [FeedDisturbance], batch: Int) throws -> [MarketEvent] {
        let source = DisturbedSource.among(disturbances, MemorySource(events, batchSize: batch), instrument: 0)
        var told: [MarketEvent] = []
        while let batch = try source.next() {
            for index in 0..<batch.count { told.append(batch[index]) }
            source.recycle(batch)
        }
        return told
    }

    @Test(arguments: [1, 2, 100])
    func `marks jump when it begins, follow the recorded ones meanwhile, and come back at its end`(batch: Int) throws {
        let events = [
            Self.record(.mark, 10, 1_000), Self.record(.trade, 20, 5), Self.record(.mark, 30, 2_000), Self.record(.trade, 40, 5),
            Self.record(.mark, 50, 3_000),
        ]
        let jump = FeedDisturbance(kind: .mark(share: Rate.scale / 10), instrument: 0, start: 15, end: 35)
        let expected = [
            Self.record(.mark, 10, 1_000), Self.record(.mark, 20, 1_100), Self.record(.trade, 20, 5), Self.record(.mark, 30, 2_200),
            Self.record(.mark, 40, 2_000), Self.record(.trade, 40, 5), Self.record(.mark, 50, 3_000),
        ]
        #expect(try Self.told(events, [jump], batch: batch) == expected)
        // Another instrument's is none of ours.
        #expect(try Self.told(events, [FeedDisturbance(kind: jump.kind, instrument: 1, start: 15, end: 35)], batch: batch) == events)
    }

    @Test(arguments: [1, 100])
    func `funding is at another rate and due sooner meanwhile, and afterwards as it was recorded`(batch: Int) throws {
        let hour = Nanoseconds.hours(1).count
        let events = [
            Self.record(.funding, 10, 7, hour, detail: 100), Self.record(.trade, 20, 5), Self.record(.funding, 30, 8, hour, detail: 100),
            Self.record(.trade, 200, 5),
        ]
        let change = FeedDisturbance(kind: .funding(rate: -9, every: 50), instrument: 0, start: 15, end: 150)
        let expected = [
            Self.record(.funding, 10, 7, hour, detail: 100), Self.record(.funding, 20, -9, 50, detail: 70), Self.record(.trade, 20, 5),
            // The settlement at 100 has passed.
            Self.record(.funding, 200, 8, hour, detail: 100 + hour), Self.record(.trade, 200, 5),
        ]
        #expect(try Self.told(events, [change], batch: batch) == expected)
    }

    @Test func `a frame is not torn apart`() throws {
        var events = [Self.record(.mark, 10, 1_000), Self.record(.level, 20, 5), Self.record(.level, 20, 6), Self.record(.trade, 30, 5)]
        events[1].flags = .first
        events[2].flags = .last
        let jump = FeedDisturbance(kind: .mark(share: Rate.scale / 10), instrument: 0, start: 20, end: 20)
        #expect(
            try Self.told(events, [jump], batch: 100) == [
                events[0], Self.record(.mark, 20, 1_100), Self.record(.mark, 20, 1_000), events[1], events[2], events[3],
            ])
    }

    @Test func `a chaos run whose feeds were disturbed is replayed from its journal`() throws {
        let bench = try Workbench()
        let scenario = try bench.scenario(bench.synth(minutes: 5), parameters: Workbench.xemm)
        var options = Chaos.Options(
            seeds: 8, firstSeed: 2, faults: [.markJump, .fundingChange, .crossedBook, .restart, .partialLiquidation], minutes: 3)
        options.journals = bench.folder
        let outcome = try Chaos(scenario, registry: .builtIn, options).run()
        #expect(outcome.failures.isEmpty, "\(outcome.failures)")
        var (disturbed, commands) = (0, Int64(0))
        for seed in 2...9 {
            let file = try JournalFile(opening: "\(bench.folder)/seed-\(seed).sqlite")
            disturbed += file.header?.disturbances?.isEmpty == false ? 1 : 0
            let replay = try Replay(file, tapes: [bench.folder], registry: .builtIn).run()
            #expect(replay.difference == nil, "seed \(seed): \(String(describing: replay.difference))")
            commands += replay.commands
        }
        #expect(disturbed > 0 && commands > 100)
    }
}
