internal import Market

/// One leg of a `Flatten`: what it holds, as far as is known, and what is done about it.
struct FlattenLeg {
    enum State {
        /// Waiting for reports of the position: so many must agree, so many in a row do.
        case asking(wanted: Int, agreeing: Int, since: Timestamp)
        /// Something is held and nothing is on its way.
        case ready
        case working(OrderID)
        /// Nothing is held, or nothing that the venue takes an order for.
        case closed
    }

    let leg: StrategyBinding.Leg
    var position: Quantity
    var state = State.ready
    var unanswered = 0
    /// Rounds in a row that did not fill whole.
    var failures = 0
    /// Steps by which the cap is wider than at first; −1: it is the touch.
    var widening = 0
    var notBefore = Timestamp.distantPast
    /// The venue has refused an order for being too small.
    var isDust = false
    /// The venue has refused to reduce what it does not have.
    var isGone = false

    init(_ leg: StrategyBinding.Leg, _ position: Quantity) {
        self.leg = leg
        self.position = position
    }

    var hasNothingToClose: Bool { position.isZero || isDust }
    var isWorking: Bool { if case .working = state { true } else { false } }
    var isClosed: Bool { if case .closed = state { true } else { false } }
    func works(on order: OrderID) -> Bool { if case .working(order) = state { true } else { false } }

    /// Whether it will be able to trade when something has come or some time has passed.
    func isWaiting(_ now: Timestamp) -> Bool {
        switch state {
        case .asking, .working: true
        case .ready: notBefore > now
        case .closed: false
        }
    }
}
