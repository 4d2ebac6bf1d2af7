internal import Market
internal import Simulation

/// What became of one hypothetical order.
struct QueueOutcome {
    /// Counts hypothetical orders in order of time.
    var serial: Int
    var placed: Timestamp
    /// From the touch of its side, in ticks.
    var distance: Int64
    /// How long it took to fill whole, by its exact place; nil if it had not by the horizon.
    var exact: Nanoseconds?
    /// The same by each model.
    var models: ContiguousArray<Nanoseconds?>
    /// It was followed to its horizon for certain.
    var isSettled = false
}

/// One hypothetical order, followed by its exact place and by each model.
struct QueueProbe {
    let placed: Timestamp
    let side: Side
    let ticks: Int64
    /// Orders at its price with a lower one stand ahead.
    let place: UInt64
    var exact: LoneOrder
    private var estimates: ContiguousArray<LoneOrder>
    private(set) var outcome: QueueOutcome

    init(
        _ order: L3Book.Order, ahead: Int64, distance: Int64, _ time: Timestamp, models: [QueueStudy.Model], lotUnit: Double, serial: Int
    ) {
        placed = time
        side = order.side
        ticks = order.ticks
        place = order.place
        func lone(_ model: QueueModel) -> LoneOrder {
            LoneOrder(order.side, ticks: order.ticks, lots: order.lots, ahead: ahead, model, lotUnit: lotUnit)
        }
        exact = lone(.exactFIFO)
        estimates = ContiguousArray(models.map { lone($0.queue) })
        outcome = QueueOutcome(
            serial: serial, placed: time, distance: distance, exact: nil, models: ContiguousArray(repeating: nil, count: models.count))
    }

    /// Whether nothing more can happen to it.
    var isDone: Bool { exact.isFilled && estimates.allSatisfy(\.isFilled) }

    mutating func trade(_ aggressor: Side, _ ticks: Int64, _ lots: Int64, _ time: Timestamp) {
        forEach(time) { $0.trade(aggressor, ticks, lots) }
    }

    mutating func level(_ side: Side, _ ticks: Int64, _ change: OrderFlow.Change, _ time: Timestamp) {
        forEach(time) { $0.level(side, ticks, from: change.previous, to: change.level) }
    }

    private mutating func forEach(_ time: Timestamp, _ body: (inout LoneOrder) -> Void) {
        if !exact.isFilled {
            body(&exact)
            if exact.isFilled { outcome.exact = time - placed }
        }
        for index in estimates.indices where !estimates[index].isFilled {
            body(&estimates[index])
            if estimates[index].isFilled { outcome.models[index] = time - placed }
        }
    }
}
