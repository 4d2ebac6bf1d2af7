import Market
import TestSupport
import Testing

@Suite struct TouchTrailTests {
    private static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    /// What a plain list of every touch says: the last one at or before a moment, none after too long a silence.
    private struct Path {
        var touches: [(time: Timestamp, touch: Touch)] = []
        var records: [Timestamp] = []

        func touch(at time: Timestamp, _ silenceLimit: Nanoseconds?) -> Touch {
            guard let touch = touches.last(where: { $0.time <= time })?.touch else { return .none }
            guard let silenceLimit else { return touch }
            guard let last = records.last(where: { $0 <= time }) else { return .none }
            return time - last > silenceLimit ? .none : touch
        }
    }

    @Test(arguments: [nil, Nanoseconds.milliseconds(40)], TestScale.seeds(6))
    func `every moment since the last look is as a list of all touches has it`(silenceLimit: Nanoseconds?, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var book = OrderBook()
        var plain = OrderBook()
        var trail = TouchTrail()
        var path = Path()
        trail.keep(silenceLimit: silenceLimit)
        var (now, isTrusted, forgotten) = (Self.start, false, Self.start)
        for _ in 0..<60 {
            // A run of records that nobody's order stands in the way of, often several at one moment.
            var events: [MarketEvent] = []
            for _ in 0..<random.uniform(in: 1...40) {
                if random.uniform(in: 0...2) > 0 { now = now + .milliseconds(random.uniform(in: 1...60)) }
                let side: Side = random.uniform(in: 0...1) == 0 ? .buy : .sell
                let ticks = 1_000 + (side == .buy ? -1 : 1) * random.uniform(in: -1...6)
                let kind: MarketEvent.Kind = random.uniform(in: 0...5) == 0 ? .trade : .level
                var event = MarketEvent(
                    kind: kind, instrument: InstrumentID(0), venueTime: now, receiveTime: now, price: ticks,
                    quantity: random.uniform(in: 0...3))
                if side == .sell { event.flags.insert(.sell) }
                events.append(event)
            }
            unsafe events.withUnsafeBufferPointer { run in
                guard let first = run.baseAddress else { return }
                let end = unsafe first + run.count
                let stop = unsafe book.replay(
                    first, to: end, atVenueThrough: .never, watch: PriceWatch(), trail: &trail, isTrusted: isTrusted)
                #expect(unsafe stop == end)
            }
            for event in events {
                // A trade says nothing of the book.
                guard event.kind == .level else { continue }
                plain.set(event.side, ticks: event.price, lots: event.quantity)
                path.records.append(event.venueTime)
                path.touches.append((event.venueTime, isTrusted ? plain.touch : .none))
            }
            #expect(book.touch == plain.touch)
            if random.uniform(in: 0...4) == 0 {
                isTrusted.toggle()
                trail.note(isTrusted ? book.touch : .none, at: now)
                path.touches.append((now, isTrusted ? plain.touch : .none))
            }
            for _ in 0..<40 {
                let moment = forgotten + Nanoseconds(count: random.uniform(in: 0...(now - forgotten).count + 100_000_000))
                #expect(trail.touch(at: moment) == path.touch(at: moment, silenceLimit))
            }
            if random.uniform(in: 0...3) == 0 {
                trail.forget()
                forgotten = now
            }
        }
    }

    @Test func `a book that nobody asks about writes nothing down`() {
        var trail = TouchTrail()
        #expect(!trail.isKept && !trail.hearsSilence)
        trail.keep(silenceLimit: nil)
        #expect(trail.isKept && !trail.hearsSilence && trail.touch(at: Self.start) == .none)
    }
}
