import Market
import Trading

/// Answers each change of the touch by an order at the best bid, while none of its orders works.
final class JoinTouch: Strategy {
    static let specification = StrategySpecification(
        name: "join_touch", purpose: "Joins the best bid: the benchmark of latency.", phases: [],
        roles: [.init("venue", "where it quotes")], parameters: [])

    private let leg: StrategyBinding.Leg
    private var isAccountUp = false
    private var isSynchronised = false
    private(set) var isWorking = false

    init(_ binding: StrategyBinding) { leg = binding.leg("venue") }

    convenience init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { self.init(binding) }

    var interests: Interests { .touch }
    /// Whether a touch would be answered.
    var isWaiting: Bool { isAccountUp && isSynchronised && !isWorking }

    func start(_ context: inout Context) {}

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .touch where isWaiting:
            guard let bid = context.books[leg.instrument].bestBid else { return }
            isWorking = true
            context.submit(
                OrderDraft(
                    account: leg.account, instrument: leg.instrument, side: .buy, price: bid, quantity: Quantity(lots: 12), postOnly: true,
                    purpose: .quote))
        case .order(let order, _): isWorking = !context.isDone(order)
        case .connection(let event) where event.stream == .account: isAccountUp = event.change == .up
        case .bookState(_, let state): isSynchronised = state == .synchronised
        default: break
        }
    }

    func stop(_ reason: StopReason, _ context: inout Context) {}
}
