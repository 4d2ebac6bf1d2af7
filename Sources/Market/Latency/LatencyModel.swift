/// How long the messages of one kind take: always the same, drawn for each, or as recorded.
public struct LatencyModel: Hashable, Sendable {
    public enum Distribution: Hashable, Sendable {
        /// Negative: the request never reaches the venue, and its sender learns of that after this long.
        case constant(Nanoseconds)
        /// What falls outside of the bounds counts as the bound.
        case normal(mean: Nanoseconds, deviation: Nanoseconds, ClosedRange<Nanoseconds>)
        /// The median times e to the power of sigma times a standard normal number; cut at the bounds like `normal`.
        case lognormal(median: Nanoseconds, sigma: Rate, ClosedRange<Nanoseconds>)
        /// Straight lines between the points; the first and the last point's latency beyond them.
        case quantiles([Quantile])
        /// Straight lines in time between the rows; the first and the last row's latency beyond them.
        case samples([Sample])
    }

    public struct Quantile: Hashable, BitwiseCopyable, Sendable {
        /// From 0 to 1, growing from point to point.
        public var probability: Rate
        /// Never falling from point to point.
        public var latency: Nanoseconds

        public init(probability: Rate, latency: Nanoseconds) {
            self.probability = probability
            self.latency = latency
        }
    }

    /// One request and its answer as they were recorded: sent, processed by the venue, answer received.
    ///
    /// A venue time that is not positive means that the venue never took the request; the answer said so.
    public struct Sample: Hashable, BitwiseCopyable, Sendable {
        public var request: Timestamp
        public var venue: Timestamp
        public var response: Timestamp

        public init(request: Timestamp, venue: Timestamp, response: Timestamp) {
            self.request = request
            self.venue = venue
            self.response = response
        }

        public var isRefused: Bool { venue.nanoseconds <= 0 }
    }

    /// How much a slow message makes the next one slow.
    ///
    /// Drawn latencies follow standard normal numbers z. Without bursts each is drawn anew; with them the number of a message
    /// that leaves Δ after the last one of its account and direction is
    ///
    ///     z′ = ρ z + √(1 − ρ²) ε     with ρ = correlation × e^(−Δ / decay) and ε drawn anew,
    ///
    /// which again is standard normal: bursts change the order in which latencies come, not how often each comes.
    public struct Bursts: Hashable, BitwiseCopyable, Sendable {
        /// Of two messages that leave at one instant: 0 to 1.
        public var correlation: Rate
        /// After this long the correlation has fallen to 1/e of it; positive.
        public var decay: Nanoseconds

        public init(correlation: Rate, decay: Nanoseconds) {
            self.correlation = correlation
            self.decay = decay
        }
    }

    public var distribution: Distribution
    /// Of what is drawn; nil draws each by itself.
    public var bursts: Bursts?

    public init(_ distribution: Distribution, bursts: Bursts? = nil) {
        self.distribution = distribution
        self.bursts = bursts
    }

    public static func constant(_ latency: Nanoseconds) -> LatencyModel { LatencyModel(.constant(latency)) }

    /// The same with every latency that many hundredths as long.
    public func scaled(percent: Int) -> LatencyModel {
        func scaled(_ span: Nanoseconds) -> Nanoseconds { Nanoseconds(count: roundedQuotient(Int128(span.count) * Int128(percent), 100)) }
        func scaled(_ bounds: ClosedRange<Nanoseconds>) -> ClosedRange<Nanoseconds> {
            scaled(bounds.lowerBound)...scaled(bounds.upperBound)
        }
        var model = self
        switch distribution {
        case .constant(let latency): model.distribution = .constant(scaled(latency))
        case .normal(let mean, let deviation, let bounds):
            model.distribution = .normal(mean: scaled(mean), deviation: scaled(deviation), scaled(bounds))
        case .lognormal(let median, let sigma, let bounds):
            model.distribution = .lognormal(median: scaled(median), sigma: sigma, scaled(bounds))
        case .quantiles(let points):
            model.distribution = .quantiles(points.map { Quantile(probability: $0.probability, latency: scaled($0.latency)) })
        case .samples(let rows):
            model.distribution = .samples(
                rows.map { row in
                    let venue = row.isRefused ? row.venue : row.request + scaled(row.venue - row.request)
                    let answer = row.isRefused ? row.request + scaled(row.response - row.request) : venue + scaled(row.response - row.venue)
                    return Sample(request: row.request, venue: venue, response: answer)
                })
        }
        return model
    }

    /// The latency of every message; nil where it is not always the same.
    public var constant: Nanoseconds? { if case .constant(let latency) = distribution { latency } else { nil } }
}

extension LatencyModel: CustomStringConvertible {
    /// Such as `lognormal, median 8 ms, sigma 0.4, 2 ms to 200 ms, correlation 0.8, decay 50 ms`.
    public var description: String {
        func text(_ span: Nanoseconds) -> String { "\(Decimal.text(span.count, decimals: 6)) ms" }
        func text(_ bounds: ClosedRange<Nanoseconds>) -> String { "\(text(bounds.lowerBound)) to \(text(bounds.upperBound))" }
        func text(_ ratio: Rate) -> String { Decimal.text(ratio.trillionths, decimals: 12) }
        let shape =
            switch distribution {
            case .constant(let latency): text(latency)
            case .normal(let mean, let deviation, let bounds): "normal, mean \(text(mean)), deviation \(text(deviation)), \(text(bounds))"
            case .lognormal(let median, let sigma, let bounds):
                "lognormal, median \(text(median)), sigma \(text(sigma)), \(text(bounds))"
            case .quantiles(let points):
                "quantiles, " + points.map { "\(text($0.probability)): \(text($0.latency))" }.joined(separator: ", ")
            case .samples(let rows): "\(rows.count) samples"
            }
        guard let bursts else { return shape }
        return "\(shape), correlation \(text(bursts.correlation)), decay \(text(bursts.decay))"
    }
}
