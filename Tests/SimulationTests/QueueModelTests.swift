import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

private let allModels: [QueueModel] = [
    .tradesOnly, .riskAverse, .power(1), .power(2), .power(3), .power(0.5), .powerOfSum(2), .powerOfSum(3), .powerOfShare(2),
    .powerOfShare(3), .logarithmic, .logarithmicOfSum, .exactFIFO,
]

/// 10 ahead, 20 behind, and the level shrinks by 6.
///
/// - power2, n = 2: (20 ÷ 30)² = 4/9 of it from behind: 10 − 5/9 × 6.
/// - log2: ln 21 ÷ ln 31 = 0.886 585 of it from behind: 10 − 0.113 415 × 6.
@Test(
    arguments: [(QueueModel.powerOfSum(2), 6.666_666_667 as Double), (.powerOfSum(1), 8), (.logarithmicOfSum, 9.319_511_559)]
        as [(QueueModel, Double)])
func `the variants move an order by their own share`(model: QueueModel, ahead: Double) {
    var queue = QueuePosition(ahead: 10)
    queue.level(from: 30, to: 24, model, lotUnit: 1)
    #expect(abs(queue.ahead - ahead) < 1e-8)
}

@Test func `with exponent 1 the three power models are one`() {
    let ahead = [QueueModel.power(1), .powerOfSum(1), .powerOfShare(1)].map { model in
        var queue = QueuePosition(ahead: 7)
        queue.level(from: 21, to: 18, model, lotUnit: 1)
        return queue.ahead
    }
    for value in ahead { #expect(abs(value - 6) < 1e-12) }
}

@Test(arguments: allModels, TestScale.seeds(8))
func `a queue position never grows`(model: QueueModel, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var lots = random.uniform(in: 0...40)
    var queue = QueuePosition(ahead: lots)
    for step in 0..<400 {
        let before = queue.ahead
        if random.uniform(in: 0...2) == 0 {
            queue.trade(min(random.uniform(in: 1...8), max(0, queue.roundedAhead)))
        } else {
            let now = max(0, lots + random.uniform(in: -12...9))
            queue.level(from: lots, to: now, model, lotUnit: 0.001)
            lots = now
        }
        queue.stopAtFront()
        guard queue.ahead <= before, queue.ahead >= 0 else {
            Issue.record("\(model), seed \(seed), step \(step): \(before) became \(queue.ahead)")
            return
        }
    }
}

// MARK: An order alone

/// The venue and an order alone, on one random feed.
private struct Pair {
    let stage: Stage
    var lone: LoneOrder
    var shown: [Side: [Int64: Int64]]

    func fills() -> Int64 { stage.takeFills().reduce(0) { $0 + $1.fill.quantity.lots } }
}

@Test(arguments: allModels, TestScale.seeds(4))
func `an order alone fills as it does at the venue`(model: QueueModel, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func draw(_ range: ClosedRange<Int64>) -> Int64 { random.uniform(in: range) }
    var filled: Int64 = 0
    for _ in 0..<40 {
        let side: Side = draw(0...1) == 0 ? .buy : .sell
        let (ticks, lots) = (side == .buy ? 100 - draw(0...2) : 101 + draw(0...2), draw(1...12))
        let stage = Stage(queue: model)
        var shown: [Side: [Int64: Int64]] = [.buy: [:], .sell: [:]]
        func show(_ side: Side, _ ticks: Int64, _ lots: Int64) {
            if side == .buy { stage.bid(ticks, lots) } else { stage.ask(ticks, lots) }
            shown[side]?[ticks] = lots
        }
        for distance in Int64(0)...4 {
            show(.buy, 100 - distance, draw(0...15))
            show(.sell, 101 + distance, draw(0...15))
        }
        stage.submit(side, ticks, lots)
        var pair = Pair(
            stage: stage, lone: LoneOrder(side, ticks: ticks, lots: lots, ahead: shown[side]?[ticks] ?? 0, model, lotUnit: 1), shown: shown)
        for _ in 0..<30 where !pair.lone.isFilled {
            let before = pair.lone.remaining
            if draw(0...2) == 0 {
                let (aggressor, price, size): (Side, Int64, Int64) = (draw(0...1) == 0 ? .buy : .sell, draw(97...104), draw(1...9))
                if aggressor == .buy { stage.bought(price, size) } else { stage.sold(price, size) }
                pair.lone.trade(aggressor, price, size)
            } else {
                let changed: Side = draw(0...1) == 0 ? .buy : .sell
                let price = changed == .buy ? draw(96...101) : draw(100...105)
                let previous = pair.shown[changed]?[price] ?? 0
                let now = max(0, previous + draw(-8...6))
                if changed == .buy { stage.bid(price, now) } else { stage.ask(price, now) }
                pair.shown[changed]?[price] = now
                pair.lone.level(changed, price, from: previous, to: now)
            }
            let venueFilled = pair.fills()
            filled += venueFilled
            guard venueFilled == before - pair.lone.remaining else {
                Issue.record("\(model), seed \(seed): the venue filled \(venueFilled), the order alone \(before - pair.lone.remaining)")
                return
            }
        }
    }
    #expect(filled > 20)
}
