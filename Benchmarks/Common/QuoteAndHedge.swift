internal import Market
internal import Trading

/// Strategy S1 of the common workload (`WORKLOAD.md` §3): quotes both sides on A at each tick of its clock, and hedges each
/// fill of A at once by a market order on B.
final class QuoteAndHedge: Strategy {
    static let interval = Nanoseconds(count: 100_000_000)
    static let phase = Nanoseconds(count: 500)
    static let entryLatency = Nanoseconds(count: 10_000_100)
    static let responseLatency = Nanoseconds(count: 10_000_150)
    static let stopBeforeEnd = Nanoseconds(count: 2_000_000_000)
    static let clip: Int64 = 100
    static let positionLimit: Int64 = 1_000
    static let width: Int64 = 1

    static let specification = StrategySpecification(
        name: "workload_s1", purpose: "Quotes on A and hedges on B: the common benchmark.", phases: [],
        roles: [.init("A", "quotes"), .init("B", "hedges")], parameters: [])

    private struct Quote {
        var order: OrderID
        var ticks: Int64
    }

    private let quoting: StrategyBinding.Leg
    private let hedging: StrategyBinding.Leg
    private var nextTick: Timestamp
    private let liveUntil: Timestamp
    private var working: (buy: Quote?, sell: Quote?) = (nil, nil)
    private var position: Int64 = 0

    init(_ binding: StrategyBinding, first: Timestamp, last: Timestamp) {
        quoting = binding.leg("A")
        hedging = binding.leg("B")
        nextTick = first + Self.phase + Self.interval
        liveUntil = last - Self.stopBeforeEnd
    }

    convenience init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        throw ParameterError(parameter: "name", message: "the benchmark's strategy is not for scenarios")
    }

    var interests: Interests { [] }

    func start(_ context: inout Context) { context.wake(at: nextTick) }

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .timer:
            quote(.buy, &context)
            quote(.sell, &context)
            nextTick = nextTick + Self.interval
            context.wake(at: nextTick)
        case .order(let id, let change):
            switch change {
            case .filled(let fill, _) where fill.instrument == quoting.instrument:
                position += fill.signedQuantity.lots
                if context.isDone(id) { forget(id) }
                context.submit(
                    OrderDraft(
                        account: hedging.account, instrument: hedging.instrument, side: fill.side.opposite, type: .market,
                        timeInForce: .immediateOrCancel, price: nil, quantity: fill.quantity, purpose: .hedge))
            case .cancelled, .expired, .rejected, .denied, .failed:
                forget(id)
            default:
                break
            }
        default:
            break
        }
    }

    func stop(_ reason: StopReason, _ context: inout Context) {}

    private func quote(_ side: Side, _ context: inout Context) {
        let (bid, ask) = (context.books[quoting.instrument].bestBidTicks, context.books[quoting.instrument].bestAskTicks)
        // An empty book's best prices are the smallest and the largest number there is, and the workload quotes about them, too.
        let sum = bid &+ ask
        let target = side == .buy ? (sum &- Self.width) >> 1 : (sum &+ Self.width &+ 1) >> 1
        let isLive = nextTick < liveUntil
        let fits = side == .buy ? position + Self.clip <= Self.positionLimit : position - Self.clip >= -Self.positionLimit
        var wants = isLive && fits
        if let quote = side == .buy ? working.buy : working.sell {
            if wants, quote.ticks == target {
                wants = false
            } else {
                context.cancel(quote.order)
                set(side, nil)
            }
        }
        guard wants else { return }
        let order = context.submit(
            OrderDraft(
                account: quoting.account, instrument: quoting.instrument, side: side, price: Price(ticks: target),
                quantity: Quantity(lots: Self.clip), postOnly: true, purpose: .quote))
        set(side, Quote(order: order, ticks: target))
    }

    private func set(_ side: Side, _ quote: Quote?) {
        if side == .buy { working.buy = quote } else { working.sell = quote }
    }

    private func forget(_ order: OrderID) {
        if working.buy?.order == order { working.buy = nil }
        if working.sell?.order == order { working.sell = nil }
    }
}
