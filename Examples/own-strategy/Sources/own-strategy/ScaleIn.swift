import Market
import Trading

/// Builds a hedged position in clips, holds it, and closes it.
///
///     entering ──filled──▶ pausing … ──last clip──▶ holding ──time──▶ closing ──flat──▶ pausing
final class ScaleIn: Strategy {
    private static let second: Int64 = 1_000_000_000

    static let specification = StrategySpecification(
        name: "scale_in", purpose: "Buys in clips on one venue, hedges each on another by what filled, holds, and closes both.",
        phases: ["enter", "pause", "hold", "close"],
        roles: [.init("maker", "buys passively"), .init("taker", "hedges")],
        parameters: [
            .init("size", .amount(1...1_000_000_000_000_000_000), default: nil, "Of one clip, in base, such as \"0.01 BTC\"."),
            .init("clips", .integer(1...1_000), default: ["3"], "How many make the position."),
            .init("pause", .duration(second...86_400 * second), default: ["30 s"], "Between two clips, and before it begins again."),
            .init("hold", .duration(second...86_400 * second), default: ["5 min"], "How long the position is held."),
        ])

    private enum Phase: Equatable {
        case entering(AlgorithmID)
        case pausing(TimerToken)
        case holding(TimerToken)
        case closing(AlgorithmID)
        /// What was held could not be hedged: it was closed, and a person has to look.
        case stopped
    }

    private let parameters: Parameters
    private let maker: StrategyBinding.Leg
    private let taker: StrategyBinding.Leg
    private let clip: Quantity
    private var hedger: Hedger
    private var phase = Phase.stopped
    private var filledClips: Int64 = 0
    private var isLast = false

    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        (maker, taker) = (binding.leg("maker"), binding.leg("taker"))
        let instrument = binding.instruments[maker.instrument.index]
        let size = parameters.amount("size")
        guard size.currency == instrument.base, instrument.kind == .linear else {
            throw ParameterError(parameter: "size", message: "\(size) is not an amount of \(instrument.base)")
        }
        clip = instrument.quantity(baseAmount: size.nanos, at: FinePrice(nanos: 1))
        hedger = Hedger(.init(maker: maker, taker: taker))
    }

    /// Beside its own orders, timers and algorithms: the hedger waits for prices.
    var interests: Interests { .touch }

    func start(_ context: inout Context) { pause(&context) }

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        // While everything is being closed there is nothing to hedge.
        if case .closing = phase {} else { hedger.receive(event, &context) }
        switch event {
        case .timer(let token) where phase == .pausing(token): enter(&context)
        case .timer(let token) where phase == .holding(token): close(&context)
        case .algorithm(let id, let end) where phase == .entering(id):
            filledClips += end.filled.lots > 0 ? 1 : 0
            if filledClips < parameters.integer("clips") { pause(&context) } else { hold(&context) }
        case .algorithm(let id, _) where phase == .closing(id): closed(&context)
        case .frozen(.unhedged):
            isLast = true
            close(&context)
        default: break
        }
    }

    func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() { context.cancel(order.id) }
    }

    private func pause(_ context: inout Context) { phase = .pausing(context.wake(at: context.now + parameters.duration("pause"))) }

    private func enter(_ context: inout Context) {
        guard context.freeze == nil else { return pause(&context) }
        phase = .entering(context.run(TrackingLimit(.init(leg: maker, side: .buy, quantity: clip))))
    }

    private func hold(_ context: inout Context) {
        context.note("holding \(filledClips) clips")
        phase = .holding(context.wake(at: context.now + parameters.duration("hold")))
    }

    private func close(_ context: inout Context) {
        if case .closing = phase { return }
        if case .entering(let id) = phase { context.cancel(id) }
        phase = .closing(context.run(Flatten(.init(legs: [maker, taker]))))
    }

    private func closed(_ context: inout Context) {
        context.note("closed")
        filledClips = 0
        hedger = Hedger(.init(maker: maker, taker: taker))
        if isLast { phase = .stopped } else { pause(&context) }
    }
}
