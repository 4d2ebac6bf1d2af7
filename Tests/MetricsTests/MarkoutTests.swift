import Market
import TestSupport
import Testing
import Trading

@testable import Metrics

private let usd = Currency("USD")!
private let billion: Int64 = 1_000_000_000
private let start = Timestamp(nanoseconds: 1_700_000_000 * billion)

private func instrument(_ venue: String) -> Instrument {
    Instrument(
        symbol: "BTC", venue: venue, venueSymbol: "BTC", kind: .linear, base: Currency("BTC")!, quote: usd,
        tickSize: FinePrice(nanos: billion), lotSize: billion)
}

private let description = RunDescription(
    instruments: [instrument("a"), instrument("b")], venueOfInstrument: ["a", "b"],
    accounts: ["a", "b"].map { .init(name: $0, venue: $0, collateral: []) }, reporting: usd, rates: [:], start: start,
    plannedEnd: start + .minutes(60))

private func fill(_ side: Side, _ ticks: Int64, _ lots: Int64, on venue: Int = 0, role: LiquidityRole = .maker) -> Fill {
    Fill(
        order: OrderID(1), instrument: InstrumentID(venue), trade: 1, side: side, role: role, price: Price(ticks: ticks),
        quantity: Quantity(lots: lots), fee: .zero(usd))
}

/// A book of one level a side around a mid given in halves.
private func touch(_ doubledMid: Int64) -> Touch {
    Touch(bid: (doubledMid - 2) / 2, ask: (doubledMid + 3) / 2, bidLots: 3, askLots: 1)
}

@Suite struct MarkoutTests {
    @Test func `a fill's markout is what it captured and the move after it, at each horizon`() {
        var recorder = MarkoutRecorder(description)
        let before = Touch(bid: 99, ask: 101, bidLots: 3, askLots: 1)
        // Bid 99 with three times the size: the micro-price is 100.5.
        let prices = ReferencePrices(before, tickSize: FinePrice(nanos: billion))
        #expect(prices?.mid.nanos == 100 * billion && prices?.microPrice.nanos == 100_500_000_000)
        let other = Touch(bid: 101, ask: 103, bidLots: 1, askLots: 1)
        recorder.fill(fill(.buy, 99, 2), at: start, age: .seconds(3), isCancelling: true, rate: billion) { index, time in
            // Strictly before it.
            #expect(time == start - Nanoseconds(count: 1))
            return index == 0 ? before : other
        }
        let mids: [Int64: Int64] = [100: 98, 1_000: 97, 5_000: 103, 30_000: 100, 60_000: 110, 300_000: 90]
        var asked: [Int64] = []
        for minutes in [1, 2, 5] as [Int64] {
            recorder.take(through: start + .minutes(minutes)) { index, time in
                let due = (time - start).count / 1_000_000
                if index == 0 { asked.append(due) }
                return touch(2 * ((mids[due] ?? 0) + Int64(index)))
            }
        }
        #expect(asked == [100, 1_000, 5_000, 30_000, 60_000, 300_000] && recorder.nextDue == .never)
        let result = recorder.finish()
        let makers = result.roles[0]
        #expect(makers.venue == "a" && makers.isMaker && result.roles[1].cells[0].allSatisfy { $0.fills == 0 })
        let cells = makers.cells[0]
        #expect(cells.map(\.markout.exactText) == ["-2", "-4", "8", "2", "22", "-18"])
        #expect(cells.allSatisfy { $0.captured.exactText == "2" && $0.notional.exactText == "198" && $0.fills == 1 })
        #expect(cells.map(\.adverseSelection.exactText) == ["-4", "-6", "6", "0", "20", "-20"])
        #expect(makers.cells[1].map(\.captured.exactText) == Array(repeating: "3", count: 6))
        // Two more above the mid of the other venue, and its mid is one above ours afterwards.
        #expect(makers.cells[2][0].captured.exactText == "6" && makers.cells[2][0].markout.exactText == "0")
        // 2 ÷ 198 of the notional.
        #expect(abs((cells[0].capturedBasisPoints ?? 0) - 2.0 / 198 * 1e4) < 1e-9)
        #expect(
            result.groups.map { "\($0.dimension): \($0.name)" } == [
                "side: buy", "spread: 5 bp and more", "time since sent (makers): 1 to 10 s", "cancel sent before (makers): yes",
            ])
        #expect(makers.intervals.allSatisfy { $0 == nil }, "one block says nothing of its like")
    }

    @Test func `a book that can't be trusted, then or later, and an end that is too near leave a fill out and say so`() {
        var recorder = MarkoutRecorder(description)
        recorder.fill(fill(.sell, 101, 1), at: start, age: .zero, isCancelling: false, rate: billion) { _, _ in .none }
        recorder.fill(fill(.sell, 101, 1), at: start + .seconds(2), age: .zero, isCancelling: false, rate: billion) { index, _ in
            index == 0 ? touch(200) : .none
        }
        recorder.take(through: start + .seconds(10)) { _, time in time == start + .seconds(3) ? .none : touch(200) }
        let role = recorder.finish().roles[0]
        #expect(role.cells[0].map(\.fills) == [1, 0, 1, 0, 0, 0])
        #expect(role.distrusted.map(\.fills) == [1, 2, 1, 0, 0, 0] && role.distrusted[1].notional.exactText == "202")
        #expect(role.unfinished.map(\.fills) == [0, 0, 0, 2, 2, 2])
    }

    /// An oracle that keeps the whole path and looks each price up.
    @Test(arguments: TestScale.seeds(20)) func `every sum is that of the definitions`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var recorder = MarkoutRecorder(description)
        var path: [(time: Timestamp, doubledMid: Int64)] = [(start, 20_000)]
        var fills: [(time: Timestamp, side: Side, ticks: Int64, lots: Int64, before: Int64)] = []
        func mid(_ time: Timestamp) -> Int64 { path.last { $0.time <= time }?.doubledMid ?? 0 }
        var now = start
        for _ in 0..<400 {
            now = now + Nanoseconds(count: random.uniform(in: 1...4_000_000_000))
            // Prices are asked for now and then, of all the horizons that have come since.
            if random.uniform(in: 0...4) == 0 { recorder.take(through: now) { touch($0 == 0 ? mid($1) : 0) } }
            if random.uniform(in: 0...2) > 0 {
                path.append((now, mid(now) + random.uniform(in: -6...6)))
            } else {
                let side: Side = random.uniform(in: 0...1) == 0 ? .buy : .sell
                let (ticks, lots) = (random.uniform(in: 9_900...10_100), random.uniform(in: 1...50))
                fills.append((now, side, ticks, lots, mid(now - Nanoseconds(count: 1))))
                recorder.fill(fill(side, ticks, lots), at: now, age: .zero, isCancelling: false, rate: billion) {
                    $0 == 0 ? touch(mid($1)) : .none
                }
            }
        }
        recorder.take(through: now) { touch($0 == 0 ? mid($1) : 0) }
        let cells = recorder.finish().roles[0].cells[0]
        for (horizon, span) in Markouts.horizons.enumerated() {
            let seen = fills.filter { $0.time + span <= now }
            // In halves of a dollar.
            let markout = seen.reduce(0) { $0 + $1.side.sign * $1.lots * (mid($1.time + span) - 2 * $1.ticks) }
            let adverse = seen.reduce(0) { $0 + $1.side.sign * $1.lots * (mid($1.time + span) - $1.before) }
            #expect(cells[horizon].fills == seen.count)
            #expect(cells[horizon].markout.nanos == markout * billion / 2 && cells[horizon].adverseSelection.nanos == adverse * billion / 2)
        }
    }

    @Test func `an interval of blocks that agree is narrow, of blocks that do not wide, and blocks stay few`() {
        var sums = BlockSums(from: start, width: 2)
        for minute in 0..<600 as Range<Int64> {
            let time = start + .minutes(minute)
            sums.add(weight: 1, value: 3, to: 0, at: time)
            sums.add(weight: 1, value: minute / 5 % 2 == 0 ? 13 : -7, to: 1, at: time)
        }
        #expect(sums.interval(0).map { $0.low == 3 && $0.high == 3 } == true)
        let wide = sums.interval(1)
        // 120 blocks of ±10 about 3: a standard error of 0.91.
        #expect(wide.map { $0.low > 0.5 && $0.low < 1.8 && $0.high > 4.2 && $0.high < 5.5 } == true)
        for day in 0..<400 as Range<Int64> { sums.add(weight: 1, value: 3, to: 0, at: start + .hours(24 * day)) }
        #expect(sums.block > .hours(8) && sums.interval(0)?.low == 3)
    }

    @Test func `percentiles are by nearest rank, to three digits`() {
        var (spans, random, all) = (SpanHistogram(), SeededGenerator(seed: 3), [Int64]())
        #expect(spans.percentile(500) == nil)
        for _ in 0..<5_000 {
            let span = random.uniform(in: 0...1 << random.uniform(in: 1...40))
            all.append(span)
            spans.add(Nanoseconds(count: span))
        }
        all.sort()
        for thousandths in [1, 500, 900, 990, 999, 1_000] {
            let exact = all[max(1, (all.count * thousandths + 999) / 1_000) - 1]
            let found = spans.percentile(thousandths)?.count ?? -1
            #expect(found >= exact && Double(found) <= Double(exact) * 1.001 + 1)
        }
        #expect(spans.largest.count == all.last)
    }
}
