import Market

/// A book of levels put together from changes, compared with each full book that has its update number.
struct RebuiltBook: ~Copyable {
    enum Outcome {
        case nothing
        /// Levels of the full book that the rebuilt one has otherwise, has too many or lacks.
        case compared(different: Int)
        /// A change has a lower number than one before it.
        case numberBack
    }

    private var book = OrderBook()
    private var number: Int64 = 0
    /// A full book came, and no gap since.
    private var isSynchronised = false
    private var full: [MarketEvent] = []

    mutating func forget() {
        book.removeAll()
        full.removeAll(keepingCapacity: true)
        (number, isSynchronised) = (0, false)
    }

    mutating func receive(_ event: MarketEvent) -> Outcome {
        guard event.flags.contains(.snapshot) else {
            defer { number = event.detail }
            set(event)
            return event.isFirst && event.detail < number ? .numberBack : .nothing
        }
        if event.isFirst { full.removeAll(keepingCapacity: true) }
        full.append(event)
        guard event.isLast else { return .nothing }
        let outcome: Outcome = isSynchronised && number != 0 && number == event.detail ? .compared(different: differences()) : .nothing
        book.removeAll()
        for level in full { set(level) }
        full.removeAll(keepingCapacity: true)
        (number, isSynchronised) = (event.detail, true)
        return outcome
    }

    private mutating func set(_ event: MarketEvent) { book.set(event.side, ticks: event.price, lots: event.quantity) }

    /// Only as deep as the full book goes: many are cut.
    private func differences() -> Int {
        var different = 0
        for side in [Side.buy, .sell] {
            let levels = full.filter { $0.side == side && $0.quantity > 0 }
            guard let farthest = side == .buy ? levels.map(\.price).min() : levels.map(\.price).max() else { continue }
            let stored = Set(levels.map(\.price))
            different += levels.count { book.lots(side, $0.price) != $0.quantity }
            var level = book.next(side, after: nil)
            while let found = level, side == .buy ? found.ticks >= farthest : found.ticks <= farthest {
                if !stored.contains(found.ticks) { different += 1 }
                level = book.next(side, after: found.ticks)
            }
        }
        return different
    }
}
