import Feeds
import Market
import TestSupport
import Testing

@Suite struct FeedClockTests {
    private let millisecond: Int64 = 1_000_000

    private func corrected(_ clock: inout FeedClock, venue: Int64, receive: Int64) -> [Int64] {
        var event = MarketEvent(
            kind: .trade, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: venue),
            receiveTime: Timestamp(nanoseconds: receive))
        clock.correct(&event)
        return [event.venueTime.nanoseconds, event.receiveTime.nanoseconds]
    }

    @Test func `a slow receiver's clock drops out and its delays stay`() {
        var clock = FeedClock(minimumLatency: .milliseconds(1))
        let second = 1_000 * millisecond
        // The receiver is 1.27 s behind; the second message took 5 ms longer.
        #expect(
            corrected(&clock, venue: 10 * second, receive: 10 * second - 1_270 * millisecond) == [10 * second, 10 * second + millisecond])
        #expect(
            corrected(&clock, venue: 11 * second, receive: 11 * second - 1_265 * millisecond) == [
                11 * second, 11 * second + 6 * millisecond,
            ])
        #expect(clock.statistics.offset == .milliseconds(1_271))
        #expect(clock.statistics.drift == .zero)
        #expect(clock.knownMinimum == .milliseconds(-1_270))
    }

    @Test func `a smaller latency moves the offset from there on, never back in time`() {
        var clock = FeedClock(minimumLatency: .milliseconds(1))
        #expect(corrected(&clock, venue: 100 * millisecond, receive: 150 * millisecond) == [100 * millisecond, 101 * millisecond])
        #expect(corrected(&clock, venue: 200 * millisecond, receive: 240 * millisecond) == [200 * millisecond, 201 * millisecond])
        #expect(corrected(&clock, venue: 300 * millisecond, receive: 350 * millisecond) == [300 * millisecond, 311 * millisecond])
        #expect(clock.statistics.drift == .milliseconds(10))
    }

    @Test func `a gap that the receiver noticed says nothing of the way from the venue`() {
        var clock = FeedClock(minimumLatency: .milliseconds(1))
        // The receiver's clock is 2 s ahead.
        #expect(corrected(&clock, venue: 100 * millisecond, receive: 2_150 * millisecond) == [100 * millisecond, 101 * millisecond])
        var gap = MarketEvent(
            kind: .gap, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: 2_180 * millisecond),
            receiveTime: Timestamp(nanoseconds: 2_180 * millisecond))
        clock.correct(&gap)
        #expect(gap.venueTime.nanoseconds == 100 * millisecond && gap.receiveTime.nanoseconds == 131 * millisecond)
        #expect(corrected(&clock, venue: 200 * millisecond, receive: 2_260 * millisecond) == [200 * millisecond, 211 * millisecond])
        #expect(clock.statistics.drift == .zero && clock.statistics.liftedVenueTimes == 0)
    }

    @Test func `a venue time that runs back is lifted and counted`() {
        var clock = FeedClock()
        _ = corrected(&clock, venue: 100 * millisecond, receive: 110 * millisecond)
        #expect(corrected(&clock, venue: 90 * millisecond, receive: 111 * millisecond)[0] == 100 * millisecond)
        #expect(clock.statistics.liftedVenueTimes == 1)
    }

    @Test func `without a receive time the minimum latency stands in`() {
        var clock = FeedClock(minimumLatency: .milliseconds(2))
        #expect(corrected(&clock, venue: 100 * millisecond, receive: 0) == [100 * millisecond, 102 * millisecond])
        #expect(clock.statistics.offset == nil)
        #expect(clock.statistics.liftedReceiveTimes == 0)
    }

    @Test func `without a venue time the last one stands in, or the receive time in a feed that has none`() {
        var clock = FeedClock(minimumLatency: .milliseconds(1))
        #expect(corrected(&clock, venue: 0, receive: 50 * millisecond) == [49 * millisecond, 50 * millisecond])
        #expect(corrected(&clock, venue: 0, receive: 60 * millisecond) == [59 * millisecond, 60 * millisecond])
        #expect(corrected(&clock, venue: 70 * millisecond, receive: 80 * millisecond) == [70 * millisecond, 71 * millisecond])
        #expect(corrected(&clock, venue: 0, receive: 90 * millisecond) == [70 * millisecond, 81 * millisecond])
    }

    @Test func `a known minimum holds from the first event on`() {
        var clock = FeedClock(minimumLatency: .milliseconds(1), knownMinimum: .milliseconds(20))
        #expect(corrected(&clock, venue: 100 * millisecond, receive: 150 * millisecond) == [100 * millisecond, 131 * millisecond])
    }

    @Test(arguments: TestScale.seeds(20))
    func `corrected times never decrease and keep the minimum latency`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var clock = FeedClock(minimumLatency: .milliseconds(1))
        var (now, last) = (1_000_000 * millisecond, [Int64.min, Int64.min])
        for _ in 0..<2_000 {
            now += Int64.random(in: 0...3 * millisecond, using: &random)
            let venue = Int64.random(in: 0..<10, using: &random) == 0 ? 0 : now - Int64.random(in: 0...20 * millisecond, using: &random)
            let isUnknown = Int64.random(in: 0..<10, using: &random) == 0
            let receive = isUnknown ? 0 : now + Int64.random(in: -1_300 * millisecond...50 * millisecond, using: &random)
            let times = corrected(&clock, venue: venue, receive: receive)
            #expect(times[0] >= last[0] && times[1] >= last[1] && times[1] >= times[0] + millisecond, "seed \(seed)")
            last = times
        }
    }
}
