internal import Market
internal import Trading

/// Where the first venue's price belongs by the second one's, how far it is from there, and whether somebody is being forced.
struct FlowSignal {
    /// What makes it say that a side is to be quoted.
    enum Source: String, CaseIterable {
        case either, flow, deviation, always
    }

    private let source: Source
    private let deviations: Rate
    private let leastDeviation: Rate
    private let lasting: Nanoseconds
    private var flow: ForcedFlow
    private var basis: AverageDifference
    /// Of the distance from where the price belongs, without its sign.
    private var usual: AverageDifference
    private var armed: (side: Side, until: Timestamp)?

    init(_ parameters: Parameters) {
        source = Source(rawValue: parameters.choice("signal")) ?? .either
        deviations = parameters.factor("deviations")
        leastDeviation = parameters.rate("min_deviation")
        lasting = parameters.duration("arm_for")
        flow = ForcedFlow(memory: parameters.duration("flow_memory"))
        basis = AverageDifference(halfLife: parameters.duration("basis_half_life"))
        usual = AverageDifference(halfLife: parameters.duration("basis_half_life"))
    }

    /// - Parameters:
    ///   - base: Its size, in 10⁻⁹ of the base currency.
    ///   - least: What all of it has to come to for a signal.
    mutating func hear(_ event: MarketEvent, base: Int64, least: Int64, at time: Timestamp) {
        flow.add(event, base: base, at: time)
        guard source == .flow || source == .either, let forced = flow.side, flow.amount(at: time) >= least else { return }
        armed = (forced.opposite, time + lasting)
    }

    /// - Parameters:
    ///   - one: The first venue's mid.
    ///   - two: The second venue's.
    mutating func observe(_ one: FinePrice, _ two: FinePrice, at time: Timestamp) {
        basis.add(one.nanos - two.nanos, at: time)
        guard let fair = fair(two) else { return }
        let distance = one.nanos - fair.nanos
        // Of a normal distribution the mean distance is 0.8 standard deviations.
        let usualDistance = Int128(usual.value ?? 0) * 5 / 4
        usual.add(abs(distance), at: time)
        guard source == .deviation || source == .either else { return }
        let limit = max(
            usualDistance * Int128(deviations.trillionths) / Int128(Rate.scale),
            Int128(fair.nanos) * Int128(leastDeviation.trillionths) / Int128(Rate.scale))
        if Int128(abs(distance)) >= limit { armed = (distance < 0 ? .buy : .sell, time + lasting) }
    }

    /// What the first venue's price would be without anybody being forced.
    func fair(_ two: FinePrice) -> FinePrice? {
        guard let basis = basis.value, two.nanos + basis > 0 else { return nil }
        return FinePrice(nanos: two.nanos + basis)
    }

    /// Whether a side is to be quoted.
    func wants(_ side: Side, at time: Timestamp) -> Bool {
        if source == .always { return true }
        guard let armed, time <= armed.until else { return false }
        return armed.side == side
    }
}
