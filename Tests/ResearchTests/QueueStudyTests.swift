import Market
import Simulation
import TestSupport
import Testing

@testable import Research

extension QueueStudy.Settings {
    /// Nothing hidden, a minute to fill in.
    static let brief: QueueStudy.Settings = {
        var settings = QueueStudy.Settings()
        (settings.skip, settings.horizon, settings.block, settings.resamples) = (.zero, .minutes(1), .minutes(1), 100)
        return settings
    }()
}

@Suite struct QueueStudyTests {
    private static func report(_ feed: OrderFeed, _ settings: QueueStudy.Settings = .brief) -> QueueReport {
        var study = QueueStudy(.plain, settings: settings)
        for event in feed.events { study.receive(event) }
        return study.finish()
    }

    /// Names of the models by which the only order filled; `exact` among them.
    private static func filled(_ feed: OrderFeed) -> [String] {
        let report = report(feed)
        guard report.count == 1 else { return ["\(report.count) orders"] }
        let comparisons = report.all.comparisons
        return (comparisons[0].exactShare == 1 ? ["exact"] : []) + comparisons.filter { $0.share == 1 }.map(\.model)
    }

    /// Order 2 joins order 1 at 100: five ahead of three. The feed ends a minute later.
    private static func queued(_ body: (inout OrderFeed) -> Void) -> OrderFeed {
        var feed = OrderFeed()
        feed.add(.sell, 90, 110, 5)
        feed.add(.buy, 1, 100, 5)
        feed.add(.buy, 2, 100, 3)
        body(&feed)
        feed.pass(.minutes(1))
        feed.tick()
        return feed
    }

    private static let everyModel = QueueStudy.Model.all.map(\.name)

    @Test func `who is ahead and leaves is known by id, and a level does not tell it`() {
        let feed = Self.queued { feed in
            feed.cancel(.buy, 1, 100, 5)
            feed.fill(.buy, 2, 100)
        }
        #expect(Self.filled(feed) == ["exact"])
    }

    @Test func `who is behind and leaves brings nobody forward`() {
        let feed = Self.queued { feed in
            feed.add(.buy, 3, 100, 8)
            feed.cancel(.buy, 3, 100, 8)
            feed.leave(.buy, 1, 100, 1)
            feed.cancel(.buy, 1, 100, 1)
            feed.leave(.buy, 2, 100, 1)
        }
        #expect(Self.filled(feed).contains("exact") == false)
    }

    @Test func `the recorded order's own end is not the hypothetical one's`() {
        let feed = Self.queued { feed in
            feed.cancel(.buy, 2, 100, 3)
            feed.fill(.buy, 1, 100)
            feed.add(.buy, 3, 100, 4)
            feed.fill(.buy, 3, 100)
        }
        #expect(Self.filled(feed) == ["exact"] + Self.everyModel)
    }

    @Test func `a trade beyond the price fills by every model`() {
        let feed = Self.queued { feed in
            feed.add(.buy, 3, 99, 4)
            feed.cancel(.buy, 1, 100, 5)
            feed.cancel(.buy, 2, 100, 3)
            feed.fill(.buy, 3, 99)
        }
        #expect(Self.filled(feed) == ["exact"] + Self.everyModel)
    }

    @Test func `an order of the other side that rests across the price fills by every model`() {
        let feed = Self.queued { feed in
            feed.cancel(.buy, 1, 100, 5)
            feed.cancel(.buy, 2, 100, 3)
            feed.add(.sell, 3, 100, 4)
        }
        #expect(Self.filled(feed) == ["exact"] + Self.everyModel)
    }

    @Test func `what fills after the horizon has not filled`() {
        let feed = Self.queued { feed in
            feed.pass(.minutes(1))
            feed.fill(.buy, 1, 100)
            feed.fill(.buy, 2, 100)
        }
        #expect(Self.filled(feed) == [])
    }

    @Test func `an order with nothing ahead is counted, and one that can't be followed to its horizon is let go`() {
        var feed = Self.queued { _ in }
        feed.add(.buy, 7, 100, 1)
        feed.fill(.buy, 1, 100)
        let report = Self.report(feed)
        #expect(report.counts.followed == 2 && report.count == 1)
        // The first bid and ask, and the far ask that ends the feed.
        #expect(report.counts.nothingAhead == 3)
    }

    @Test func `a gap lets go of what was not followed to its horizon, filled or not, and hides the start again`() {
        var settings = QueueStudy.Settings.brief
        settings.skip = .seconds(10)
        var feed = OrderFeed()
        feed.add(.buy, 1, 100, 5)
        feed.pass(.seconds(20))
        feed.add(.buy, 2, 100, 3)
        feed.fill(.buy, 1, 100)
        feed.fill(.buy, 2, 100)
        feed.record(.gap, .buy, 0, GapCause.connection.rawValue, 0)
        feed.add(.buy, 11, 100, 5)
        feed.add(.buy, 12, 100, 5)
        feed.pass(.seconds(20))
        feed.add(.buy, 13, 100, 5)
        feed.pass(.minutes(2))
        feed.tick()
        let report = Self.report(feed, settings)
        #expect(report.counts.followed == 2 && report.count == 1)
        #expect(report.all.comparisons[0].exactShare == 0)
    }

    @Test func `distances are from the touch of the order's own side`() {
        var feed = OrderFeed()
        for (index, ticks) in [100, 99, 96, 90, 20].enumerated() {
            feed.add(.buy, Int64(index + 1), Int64(ticks), 1)
            feed.add(.sell, Int64(index + 11), Int64(300 - ticks), 1)
        }
        for (index, ticks) in [100, 99, 96, 90, 20].enumerated() {
            feed.add(.buy, Int64(index + 21), Int64(ticks), 1)
            feed.add(.sell, Int64(index + 31), Int64(300 - ticks), 1)
        }
        feed.pass(.minutes(1))
        feed.tick()
        let groups = Self.report(feed).groups
        #expect(groups.map(\.name) == ["0", "1", "3–5", "6–10", "51 and more"])
        #expect(groups.map(\.count) == [2, 2, 2, 2, 2])
    }

    @Test func `one order in so many is followed`() {
        var settings = QueueStudy.Settings.brief
        settings.every = 3
        var feed = OrderFeed()
        for id in Int64(1)...10 { feed.add(.buy, id, 100, 1) }
        feed.pass(.minutes(1))
        feed.tick()
        #expect(Self.report(feed, settings).counts.followed == 3)
    }
}

/// The truth of the study against plain lists of the ids ahead, kept by the venue that made the feed.
@Test(arguments: TestScale.seeds(20))
func `the exact place is that of a list of the orders ahead`(seed: UInt64) {
    let world = RandomOrders(seed: seed, steps: 1_200)
    var settings = QueueStudy.Settings.brief
    settings.horizon = .hours(12)
    var study = QueueStudy(.plain, models: [.init("trades-only", .tradesOnly)], settings: settings)
    for event in world.feed.events { study.receive(event) }
    var end = OrderFeed()
    end.now = world.feed.now + .hours(13)
    end.tick()
    study.receive(end.events[0])
    let outcomes = study.sortedOutcomes()
    #expect(outcomes.count == world.hypotheticals.count)
    for (outcome, known) in zip(outcomes, world.hypotheticals) {
        guard outcome.placed == known.placed, outcome.exact == known.filledAfter else {
            Issue.record("seed \(seed), order \(outcome.serial): \(outcome) but \(known)")
            return
        }
    }
    #expect(outcomes.count { $0.exact != nil } > 50)
}

@Test func `the same feed and seed give the same text`() {
    func text() -> String {
        var study = QueueStudy(.plain, settings: .brief)
        for event in RandomOrders(seed: 5, steps: 2_000).feed.events { study.receive(event) }
        let report = study.finish()
        return report.markdown + report.rows.map { $0.joined(separator: ",") }.joined(separator: "\n")
    }
    #expect(text() == text())
}
