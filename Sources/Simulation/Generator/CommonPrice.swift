internal import Market

/// The price that every venue of a generated market follows: a random walk on a grid of 10 ms with regimes, jumps and droughts.
///
/// Whole numbers throughout, in 1/1024 of a tick, so that every machine makes the same market.
struct CommonPrice {
    static let step: Int64 = 10_000_000
    static let unit: Int64 = 1_024
    /// Steps that are remembered for the venues that lag.
    private static let memory = 1_024

    private let market: GeneratedMarket
    private var random: SeededGenerator
    private var path: [Int64]
    private var stepIndex: Int64 = 0
    private var value: Int64
    /// Quarters of the calm volatility: 4 calm, 8 lively, 20 wild.
    private var regime: Int64 = 4
    private var droughtUntil: Int64 = 0

    init(_ market: GeneratedMarket, seed: UInt64) {
        self.market = market
        random = SeededGenerator(seed: seed, stream: 0)
        value = market.startTicks * Self.unit
        path = Array(repeating: value, count: Self.memory)
    }

    /// Advances to an instant; never back.
    mutating func advance(to time: Timestamp) {
        let target = (time - market.start).count / Self.step
        while stepIndex < target {
            stepIndex += 1
            walk()
            path[Int(stepIndex) % Self.memory] = value
        }
    }

    /// The price as it was `lag` ago, in 1/1024 of a tick.
    func price(lag: Nanoseconds) -> Int64 {
        let back = min(lag.count / Self.step, Int64(Self.memory) - 1, stepIndex)
        return path[Int(stepIndex - back) % Self.memory]
    }

    /// Whether liquidity is scarce now.
    var isDrought: Bool { stepIndex < droughtUntil }

    private mutating func walk() {
        let draw = random.next()
        var sum: Int64 = -510
        for shift in stride(from: 0, to: 32, by: 8) { sum += Int64(draw >> UInt64(shift) & 0xFF) }
        // Four bytes have a standard deviation of 147.8; a second has 100 steps.
        value += sum * market.volatility * regime / (4 * 1_478)
        let chance = Int64(draw >> 40)  // 24 bits
        if chance < odds(market.jumpEvery) {
            let size = (random.exponential(mean: market.jumpTicks) + market.jumpTicks / 2) * Self.unit
            value += random.next() & 1 == 0 ? size : -size
        }
        let other = random.next()
        if Int64(other >> 40) < odds(market.regimeSpan) {
            regime = market.regimes[Int(other & 0xFFFF) % market.regimes.count]
        }
        if Int64(other >> 16 & 0xFF_FFFF) < odds(market.droughtEvery) {
            droughtUntil = stepIndex + random.uniform(in: 1_000...6_000)
        }
        let now = Nanoseconds(count: stepIndex * Self.step)
        for jump in market.jumps where jump.after <= now && jump.after > now - Nanoseconds(count: Self.step) {
            value += roundedQuotient(Int128(value) * Int128(jump.share.trillionths), Int128(Rate.scale))
        }
        value = max(value, 100 * Self.unit)
    }

    /// The chance of one step in 2²⁴ for something that happens every `span` on average.
    private func odds(_ span: Nanoseconds) -> Int64 { (1 << 24) * Self.step / max(span.count, Self.step) }
}

extension SeededGenerator {
    /// An exponentially distributed whole number of this mean, from the bits of one draw: −log₂ of a uniform number is the
    /// count of its leading zeros plus nearly a straight line.
    mutating func exponential(mean: Int64) -> Int64 {
        let draw = next() | 1
        let zeros = Int64(draw.leadingZeroBitCount)
        let mantissa = zeros == 63 ? 0 : Int64((draw << UInt64(zeros + 1)) >> 54)  // 10 bits
        let logarithm = zeros * 1_024 + 1_024 - mantissa
        return mean * logarithm / 1_024 * 710 / 1_024
    }
}
