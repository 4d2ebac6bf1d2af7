internal import Market

/// The latencies of one account in one direction, message by message.
struct LatencyStream: ~Copyable {
    /// By kind of request; negative where it has to be drawn or means a refusal.
    private var constants: InlineArray<5, Int64>
    /// By kind of request.
    private let models: [LatencyModel]
    /// By kind of request: the row of its samples that was used last.
    private var rows: [Int]
    private let direction: LatencyDirection
    private var congestion: Congestion

    /// - Parameter seed: Of the venue; every account and direction draws from a stream of its own.
    init(_ latency: EntryLatency, _ direction: LatencyDirection, account: AccountID, seed: UInt64) {
        models = RequestClass.allCases.map { latency[$0] }
        constants = InlineArray { [models] in models[$0].constant?.count ?? -1 }
        rows = models.map { _ in 0 }
        self.direction = direction
        var purpose = SeededGenerator(seed: seed, stream: 0x6C61_7465_6E63_79)
        let stream = UInt64(account.index) << 1 | (direction == .entry ? 0 : 1)
        congestion = Congestion(SeededGenerator(seed: purpose.next(), stream: stream))
    }

    /// The latency of a message that leaves now. Negative: it does not arrive, and its sender learns of that after this long.
    @inline(__always)
    mutating func next(_ kind: RequestClass, at now: Timestamp) -> Nanoseconds {
        let constant = constants[Int(kind.rawValue)]
        return constant >= 0 ? Nanoseconds(count: constant) : draw(Int(kind.rawValue), now)
    }

    @inline(never)
    private mutating func draw(_ kind: Int, _ now: Timestamp) -> Nanoseconds {
        let bursts = models[kind].bursts
        switch models[kind].distribution {
        case .constant(let latency): return latency
        case .normal(let mean, let deviation, let bounds):
            return Self.clip(Double(mean.count) + Double(deviation.count) * congestion.next(bursts, at: now), bounds)
        case .lognormal(let median, let sigma, let bounds):
            let exponent = Double(sigma.trillionths) / Double(Rate.scale) * congestion.next(bursts, at: now)
            return Self.clip(Double(median.count) * Fractional.exponential(exponent), bounds)
        case .quantiles(let points):
            return Self.quantile(Fractional.normalShare(congestion.next(bursts, at: now)), points)
        case .samples(let samples):
            return LatencyInterpolation.latency(direction, at: now, samples, row: &rows[kind])
        }
    }

    private static func clip(_ latency: Double, _ bounds: ClosedRange<Nanoseconds>) -> Nanoseconds {
        // Cut before it is rounded: what an exponential makes may be larger than any integer.
        let inside = min(max(latency, Double(bounds.lowerBound.count)), Double(bounds.upperBound.count))
        return Nanoseconds(count: Int64(inside.rounded()))
    }

    private static func quantile(_ share: Double, _ points: [LatencyModel.Quantile]) -> Nanoseconds {
        func probability(_ index: Int) -> Double { Double(points[index].probability.trillionths) / Double(Rate.scale) }
        guard let above = points.indices.first(where: { probability($0) > share }) else { return points[points.count - 1].latency }
        guard above > 0 else { return points[0].latency }
        let (low, high) = (points[above - 1].latency.count, points[above].latency.count)
        let part = (share - probability(above - 1)) / (probability(above) - probability(above - 1))
        return Nanoseconds(count: low + Int64((Double(high - low) * part).rounded()))
    }
}
