internal import Market

/// What our own fills have used of displayed levels, by side and price: few at a time, so a plain list.
///
/// A debt falls when the level shows less than it or empties: displayed liquidity is not taken twice. With a half-life it also
/// halves in each such span, because others put in again what they were taken; within a span it falls along a straight line.
struct Debts {
    private struct Entry {
        var side: Side
        var ticks: Int64
        /// As of `since`.
        var lots: Int64
        var since: Timestamp
    }

    private var entries: ContiguousArray<Entry> = []
    private let halfLife: Nanoseconds?

    init(halfLife: Nanoseconds? = nil) { self.halfLife = halfLife }

    var isEmpty: Bool { entries.isEmpty }

    /// What is owed now, rounded up: what was taken is never given back early.
    func lots(_ side: Side, _ ticks: Int64, at now: Timestamp) -> Int64 {
        for entry in entries where entry.ticks == ticks && entry.side == side { return left(entry, now) }
        return 0
    }

    /// Calls `body` with each price of a side at which something is owed, and how much.
    func forEach(_ side: Side, at now: Timestamp, _ body: (_ ticks: Int64, _ lots: Int64) -> Void) {
        for entry in entries where entry.side == side { body(entry.ticks, left(entry, now)) }
    }

    private func left(_ entry: Entry, _ now: Timestamp) -> Int64 { Self.left(entry, now, halfLife) }

    private static func left(_ entry: Entry, _ now: Timestamp, _ halfLife: Nanoseconds?) -> Int64 {
        guard let halfLife, now > entry.since else { return entry.lots }
        let (halvings, rest) = (now - entry.since).count.quotientAndRemainder(dividingBy: halfLife.count)
        guard halvings < 63 else { return 0 }
        let halved = entry.lots >> halvings
        return ceilingQuotient(Int128(halved) * Int128(2 * halfLife.count - rest), 2 * Int128(halfLife.count))
    }

    mutating func add(_ side: Side, _ ticks: Int64, _ lots: Int64, at now: Timestamp) {
        for index in entries.indices where entries[index].ticks == ticks && entries[index].side == side {
            entries[index].lots = left(entries[index], now) + lots
            entries[index].since = now
            return
        }
        entries.append(Entry(side: side, ticks: ticks, lots: lots, since: now))
    }

    /// No debt is larger than what the whole book shows at its price.
    mutating func cap(by book: borrowing OrderBook, at now: Timestamp) {
        for index in entries.indices { cap(index, book.lots(entries[index].side, entries[index].ticks), now) }
        entries.removeAll { $0.lots == 0 }
    }

    /// The level now shows `displayed`.
    @inline(__always)
    mutating func cap(_ side: Side, _ ticks: Int64, _ displayed: Int64, at now: Timestamp) {
        guard !entries.isEmpty else { return }
        for index in entries.indices where entries[index].ticks == ticks && entries[index].side == side {
            cap(index, displayed, now)
            if entries[index].lots == 0 { entries.remove(at: index) }
            break
        }
        if let halfLife { entries.removeAll { Self.left($0, now, halfLife) == 0 } }
    }

    private mutating func cap(_ index: Int, _ displayed: Int64, _ now: Timestamp) {
        guard displayed < left(entries[index], now) else { return }
        entries[index].lots = displayed
        entries[index].since = now
    }
}
