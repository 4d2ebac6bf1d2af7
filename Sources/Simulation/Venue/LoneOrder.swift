public import Market

/// One resting order that is alone at a venue, under the venue's faithful rules: for studies of many orders that must not
/// meet each other.
///
/// It fills as an order in `SimulatedVenue` does that nobody else of ours stands beside; a test drives both with the same
/// feeds.
public struct LoneOrder: Sendable {
    public let side: Side
    public let ticks: Int64
    public private(set) var remaining: Int64
    private let model: QueueModel
    private let lotUnit: Double
    private var queue: QueuePosition
    private var debts = Debts()

    /// - Parameters:
    ///   - ahead: What its level shows when it arrives.
    ///   - lotUnit: One lot in base units.
    public init(_ side: Side, ticks: Int64, lots: Int64, ahead: Int64, _ model: QueueModel, lotUnit: Double) {
        self.side = side
        self.ticks = ticks
        remaining = lots
        self.model = model
        self.lotUnit = lotUnit
        queue = QueuePosition(ahead: ahead)
    }

    public var isFilled: Bool { remaining == 0 }
    /// The estimated size ahead, in lots.
    public var ahead: Double { queue.ahead }

    /// A level went from `previous` to `lots`: moves the order forward if it is its own, fills it if it is one of the other
    /// side that reaches it.
    public mutating func level(_ side: Side, _ ticks: Int64, from previous: Int64, to lots: Int64) {
        guard side != self.side else {
            guard ticks == self.ticks else { return }
            queue.level(from: previous, to: lots, model, lotUnit: lotUnit)
            return queue.stopAtFront()
        }
        debts.cap(side, ticks, lots, at: .distantPast)
        guard side == .buy ? self.ticks <= ticks : self.ticks >= ticks else { return }
        let filled = min(remaining, max(0, lots - debts.lots(side, ticks, at: .distantPast)))
        guard filled > 0 else { return }
        remaining -= filled
        debts.add(side, ticks, filled, at: .distantPast)
    }

    /// `lots` traded at `ticks`: at the order's price they use up the queue ahead first.
    public mutating func trade(_ aggressor: Side, _ ticks: Int64, _ lots: Int64) {
        guard aggressor != side, side == .sell ? self.ticks <= ticks : self.ticks >= ticks else { return }
        guard ticks == self.ticks else {
            remaining -= min(remaining, lots)
            return
        }
        let ahead = max(0, queue.roundedAhead)
        remaining -= min(remaining, max(0, lots - ahead))
        queue.trade(min(lots, ahead))
        queue.stopAtFront()
    }

    /// The orders that stand ahead have this size together, as their ids tell.
    public mutating func setAhead(_ lots: Int64) { queue.recount(lots) }
}
