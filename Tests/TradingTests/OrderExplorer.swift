import Market

@testable import Trading

/// The core's order beside the true one: a state of both worlds that can be taken up again.
struct OrderPair: Hashable {
    var truth: TrueOrder
    var ours: Order
    /// Whether a deadline stands.
    var isArmed: Bool
    /// Which messages have reached us, as bits.
    var heard: UInt32 = 0
    var mayCancel = true
    var amends = 0
}

/// Drives the core's own code from any pair to the next ones.
///
/// The core is one for all; each step is made with an order of its own, put into the pair's state first.
final class OrderExplorer {
    enum Letter: Hashable {
        case venue(TrueOrder.Step)
        case hear(Int)
        case cancel, amend, timeout
    }

    struct World {
        var name: String
        var quantity: Int64 = 2
        var overtakes = false
        /// New totals and prices that are asked for, one after the other.
        var amends: [(price: Int64, quantity: Int64)] = []
        var cancels = true
        /// How many steps of the venue there may be.
        var venueSteps: Int64
    }

    let world: World
    private let stage: CoreStage
    private var tradeBase: UInt64 = 1 << 32
    private var core: TradingCore { stage.core }

    init(_ world: World) {
        self.world = world
        stage = CoreStage(keepsOrdersFor: Nanoseconds(count: 1))
    }

    func start() -> OrderPair {
        let id = stage.submit(CoreStage.draft(.buy, 100, world.quantity))
        let pair = snapshot(id, OrderPair(truth: TrueOrder(quantity: world.quantity), ours: stage.core.order(id)!, isArmed: true))
        release(id)
        return pair
    }

    func letters(_ pair: OrderPair) -> [Letter] {
        var letters: [Letter] = []
        if pair.truth.moment < world.venueSteps {
            letters += pair.truth.steps(overtakes: world.overtakes).map { .venue($0) }
        }
        letters += pair.truth.messages.indices.map { .hear($0) }
        if world.cancels, pair.mayCancel, !pair.ours.isDone { letters.append(.cancel) }
        if pair.amends < world.amends.count, !pair.ours.isDone, pair.ours.pending == .none { letters.append(.amend) }
        if pair.isArmed { letters.append(.timeout) }
        return letters
    }

    /// The pair after the letter; what the core asks for is on its way to the venue.
    func next(_ pair: OrderPair, _ letter: Letter) -> OrderPair {
        var next = pair
        if case .venue(let step) = letter {
            let isAnswer = if case .handle(let place) = step { pair.truth.requests[place] == .fills } else { false }
            next.truth.take(step)
            return isAnswer ? hearAllFills(next) : next
        }
        let id = restore(pair)
        apply(letter, to: id, &next)
        next = snapshot(id, next)
        release(id)
        return next
    }

    /// The answer to the question for fills: each of them once more.
    private func hearAllFills(_ pair: OrderPair) -> OrderPair {
        var pair = pair
        for (index, message) in pair.truth.messages.enumerated() {
            if case .filled = message.saying { pair = next(pair, .hear(index)) }
        }
        return pair
    }

    private func apply(_ letter: Letter, to id: OrderID, _ pair: inout OrderPair) {
        switch letter {
        case .venue: break
        case .hear(let index):
            pair.heard |= 1 << UInt32(index)
            hear(pair.truth.messages[index], id)
        case .cancel:
            pair.mayCancel = false
            stage.act { $0.cancel(id) }
        case .amend:
            let (price, quantity) = world.amends[pair.amends]
            pair.amends += 1
            stage.act { $0.amend(id, price: Price(ticks: price), quantity: Quantity(lots: quantity)) }
        case .timeout: stage.wake(after: .seconds(2))
        }
        for command in stage.takeCommands() {
            switch command {
            case .cancel: pair.truth.ask(.cancel)
            case .amend(let request): pair.truth.ask(.amend(price: request.price.ticks, quantity: request.quantity.lots))
            case .query(let request): if case .order = request.subject { pair.truth.ask(.query) } else { pair.truth.ask(.fills) }
            case .submit, .cancelAll, .setLeverage, .deadMan: preconditionFailure("an order asked for \(command)")
            }
        }
        _ = stage.takeEvents()
    }

    private func hear(_ message: TrueOrder.Message, _ id: OrderID) {
        let report: AccountEvent.Report =
            switch message.saying {
            case .acknowledged: .acknowledged(id)
            case .filled(let trade, let lots):
                .filled(CoreStage.fill(id, .buy, 100, lots, trade: tradeBase + UInt64(trade)))
            case .amended(let price, let quantity): .amended(id, price: Price(ticks: price), quantity: Quantity(lots: quantity))
            case .cancelled(let requested): .cancelled(id, requested ? .requested : .venue)
            case .expired: .expired(id, .timeInForce)
            case .rejected: .rejected(id, .submit, .margin)
            case .refused(let cancel, let unknown): .rejected(id, cancel ? .cancel : .amend, unknown ? .unknownOrder : .rateLimit)
            case .status(let isOpen, let price, let quantity, let filled):
                .status(
                    OrderStatus(
                        order: id, instrument: CoreStage.instrument, isOpen: isOpen, price: Price(ticks: price),
                        quantity: Quantity(lots: quantity), filled: Quantity(lots: filled)))
            case .notFound: .notFound(id)
            }
        stage.pass()
        core.receive(
            AccountEvent(
                account: CoreStage.account, venueTime: Timestamp(nanoseconds: message.moment), receiveTime: stage.now, report: report))
    }

    // MARK: Taking up a state

    private func restore(_ pair: OrderPair) -> OrderID {
        tradeBase += 64
        let id = stage.submit(CoreStage.draft(.buy, 100, world.quantity))
        _ = stage.takeCommands()
        for (index, message) in pair.truth.messages.enumerated() where pair.heard & 1 << UInt32(index) != 0 {
            if case .filled(let trade, _) = message.saying { _ = core.countedTrades[0].insert(tradeBase + UInt64(trade)) }
        }
        let deadline = stage.now + .seconds(2)
        _ = core.orders.update(id) { order in
            order.price = pair.ours.price
            order.quantity = pair.ours.quantity
            order.filled = pair.ours.filled
            order.life = pair.ours.life
            order.pending = pair.ours.pending
            order.certainty = pair.ours.certainty
            order.heardAt = pair.ours.heardAt
            order.termsAt = pair.ours.termsAt
            order.possibleQuantity = pair.ours.possibleQuantity
            order.toldFilled = pair.ours.toldFilled
            order.deadline = pair.isArmed ? deadline : .never
        }
        if pair.isArmed { core.deadlines.add(id, deadline) }
        return id
    }

    /// Takes the order's state out, without what differs between two ways to the same one.
    private func snapshot(_ id: OrderID, _ pair: OrderPair) -> OrderPair {
        guard let order = core.order(id) else { preconditionFailure("the order's record is gone") }
        var pair = pair
        var ours = Order(id: OrderID(1), instance: order.instance, algorithm: nil, draft: order.draft, now: .distantPast)
        ours.price = order.price
        ours.quantity = order.quantity
        ours.filled = order.filled
        ours.life = order.life
        ours.pending = order.pending
        if case .unknown(_, let asking) = order.certainty { ours.certainty = .unknown(since: .distantPast, asking: min(asking, 1)) }
        ours.heardAt = order.heardAt
        ours.termsAt = order.termsAt
        ours.possibleQuantity = order.possibleQuantity
        ours.toldFilled = order.toldFilled
        pair.ours = ours
        pair.isArmed = order.deadline > stage.now && order.deadline != .never && order.awaits(by: order.deadline)
        return pair
    }

    private func release(_ id: OrderID) {
        _ = core.orders.update(id) { order in
            order.life = .done(.cancelled)
            order.pending = .none
            order.certainty = .known
            order.deadline = .never
        }
    }
}
