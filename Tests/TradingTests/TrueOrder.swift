/// One order as the venue has it, and what the venue has said: written from a venue's rules, knowing nothing of the core.
///
/// It moves by whole steps: a request is handled or lost, the market fills, the venue ends the order. Each message is kept
/// with the venue's time of it, and may reach us never, once or often, in any order.
struct TrueOrder: Hashable {
    enum State: Hashable {
        /// The submit has not been handled.
        case awaited
        case open
        case filled, cancelled, expired, rejected
        /// Dropped without a word.
        case neverThere
    }

    enum Request: Hashable {
        case submit, cancel, query, fills
        case amend(price: Int64, quantity: Int64)
    }

    enum Saying: Hashable {
        case acknowledged
        case filled(trade: UInt8, lots: Int64)
        case amended(price: Int64, quantity: Int64)
        case cancelled(requested: Bool)
        case expired, rejected
        case refused(cancel: Bool, unknownOrder: Bool)
        case status(isOpen: Bool, price: Int64, quantity: Int64, filled: Int64)
        case notFound
    }

    struct Message: Hashable {
        var saying: Saying
        var moment: Int64
    }

    enum Step: Hashable {
        /// Handles the request at this place of those on their way.
        case handle(Int)
        /// The same, with a refusal that leaves the order as it is.
        case refuse(Int)
        case lose(Int)
        case fill(Int64)
        case expire
        case cancelByVenue
    }

    private(set) var state = State.awaited
    private(set) var price: Int64 = 100
    private(set) var quantity: Int64
    private(set) var filled: Int64 = 0
    private(set) var moment: Int64 = 0
    private(set) var trades: UInt8 = 0
    /// On their way to the venue, oldest first.
    private(set) var requests: [Request] = [.submit]
    private(set) var messages: [Message] = []

    init(quantity: Int64) { self.quantity = quantity }

    /// A venue that is nothing but what it says, whether a venue would say it or not.
    init(quantity: Int64, saying messages: [Message]) {
        self.quantity = quantity
        self.messages = messages
    }

    var isOpen: Bool { state == .open }
    var hasEnded: Bool { state != .open && state != .awaited }

    /// A request that is on its way already adds nothing.
    mutating func ask(_ request: Request) { if !requests.contains(request) { requests.append(request) } }

    /// What may happen next, the market included.
    ///
    /// - Parameter overtakes: Requests travel on ways of their own; else first in, first out.
    func steps(overtakes: Bool) -> [Step] {
        var steps: [Step] = []
        for place in requests.indices where place == 0 || overtakes {
            steps.append(.handle(place))
            if requests[place] != .fills, requests[place] != .submit || state == .awaited { steps.append(.lose(place)) }
            switch requests[place] {
            case .submit, .amend: steps.append(.refuse(place))
            case .cancel: if isOpen { steps.append(.refuse(place)) }
            case .query, .fills: break
            }
        }
        guard isOpen else { return steps }
        for lots in Set([1, quantity - filled]).sorted() { steps.append(.fill(lots)) }
        return steps + [.expire, .cancelByVenue]
    }

    mutating func take(_ step: Step) {
        moment += 1
        switch step {
        case .handle(let place): handle(requests.remove(at: place))
        case .refuse(let place):
            switch requests.remove(at: place) {
            case .submit:
                state = .rejected
                say(.rejected)
            case .cancel: say(.refused(cancel: true, unknownOrder: !isOpen))
            case .amend: say(.refused(cancel: false, unknownOrder: !isOpen))
            case .query, .fills: break
            }
        case .lose(let place): if requests.remove(at: place) == .submit { state = .neverThere }
        case .fill(let lots):
            filled += lots
            trades += 1
            say(.filled(trade: trades, lots: lots))
            if filled == quantity { state = .filled }
        case .expire:
            state = .expired
            say(.expired)
        case .cancelByVenue:
            state = .cancelled
            say(.cancelled(requested: false))
        }
    }

    private mutating func handle(_ request: Request) {
        switch request {
        case .submit:
            state = .open
            say(.acknowledged)
        case .cancel:
            guard isOpen else { return say(.refused(cancel: true, unknownOrder: true)) }
            state = .cancelled
            say(.cancelled(requested: true))
        case .amend(let price, let quantity):
            guard isOpen else { return say(.refused(cancel: false, unknownOrder: true)) }
            (self.price, self.quantity) = (price, max(quantity, filled))
            say(.amended(price: price, quantity: self.quantity))
            if filled == self.quantity { state = .filled }
        case .query:
            switch state {
            case .awaited, .neverThere: say(.notFound)
            case .open, .filled, .cancelled, .expired, .rejected:
                say(.status(isOpen: isOpen, price: price, quantity: quantity, filled: filled))
            }
        // Its answer is the messages of the fills once more.
        case .fills: break
        }
    }

    private mutating func say(_ saying: Saying) { messages.append(Message(saying: saying, moment: moment)) }
}
