internal import Market
internal import Trading

/// What our orders did in one instrument's book, by the venue's clock.
struct OwnTimeline {
    enum Change {
        /// An order waits in the book, at a price and with a quantity that it had before its fills.
        case rests(Int, ticks: Int64, quantity: Int64)
        case filled(Execution)
        /// Nothing of an order waits any more.
        case ended(Int)
    }

    struct Execution {
        var order: Int
        /// As the public stream numbers it.
        var trade: Int64
        var role: LiquidityRole
        var ticks: Int64
        var lots: Int64
        var time: Timestamp
    }

    /// In the order in which things happened.
    private(set) var changes: [(moment: OrderLife.Moment, change: Change)] = []
    let sides: [Side]
    /// Orders of which nobody has told whether they rested.
    private(set) var unknown = 0
    /// Orders whose place in the book is known by our clock alone: an answer told of it, no stream.
    private(set) var byOurClock = 0

    /// - Parameters:
    ///   - orders: Those of the instrument.
    ///   - number: Of the trade of a fill, as the public stream has it.
    init(_ orders: [OrderLife], number: (Fill) -> Int64) {
        sides = orders.map(\.request.side)
        for (index, order) in orders.enumerated() { add(order, index, number) }
        changes.sort { $0.moment < $1.moment }
    }

    private mutating func add(_ life: OrderLife, _ index: Int, _ number: (Fill) -> Int64) {
        if case .rejected? = life.end?.kind { return }
        addRest(life, index)
        for execution in life.executions {
            let fill = execution.fill
            changes.append(
                (
                    execution.moment,
                    .filled(
                        Execution(
                            order: index, trade: number(fill), role: fill.role, ticks: fill.price.ticks, lots: fill.quantity.lots,
                            time: execution.moment.venue))
                ))
        }
        // What is filled ends with its last fill.
        guard let end = life.end, end.kind != .filled else { return }
        changes.append((max(end.moment, life.acknowledged ?? end.moment), .ended(index)))
    }

    private mutating func addRest(_ life: OrderLife, _ index: Int) {
        guard life.mayRest, let limit = life.request.price else { return }
        guard let acknowledged = life.acknowledged else {
            if life.end == nil { unknown += 1 }
            return
        }
        if acknowledged.venue == acknowledged.heard { byOurClock += 1 }
        changes.append((acknowledged, .rests(index, ticks: limit.ticks, quantity: life.request.quantity.lots)))
        for amend in life.amends {
            changes.append((amend.moment, .rests(index, ticks: amend.price.ticks, quantity: amend.quantity.lots)))
        }
    }
}
