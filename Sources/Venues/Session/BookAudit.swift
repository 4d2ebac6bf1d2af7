internal import Market

/// Keeps an instrument's book, and compares it with a full one that the venue is asked for meanwhile.
///
/// Both are compared at the same update number: the answer's. Until the answer is there the changes since the question are kept; an
/// answer ahead of the stream waits until the stream has come to it. Where the two never stand at one number nothing is said: an
/// answer from a cache is older than the question, and another may fall within a frame.
///
///     idle ──ask──▶ asked ──answer──▶ idle
///                     └──answer ahead──▶ waiting ──frame──▶ idle
struct BookAudit {
    struct Level: Hashable {
        var side: Side
        var price: Int64
    }

    enum Verdict: Equatable {
        case agrees
        /// - Parameters:
        ///   - levels: How many differ.
        ///   - first: The best of them.
        case differs(levels: Int, first: Difference)
        /// The books can't be compared at one number, or not yet.
        case undecided
    }

    struct Difference: Equatable {
        var side: Side
        var price: Int64
        /// Nothing is 0.
        var ours: Int64
        var theirs: Int64
        var number: Int64
    }

    private struct Book {
        var sizes: [Level: Int64] = [:]
        /// Of the last change in it.
        var number: Int64 = 0
        /// The worst price of each side that it is known to; nil: to its end.
        var lastBid: Int64?
        var lastAsk: Int64?

        mutating func apply(_ levels: some Sequence<BackpackLevel>, number: Int64) {
            for level in levels { sizes[Level(side: level.side, price: level.price)] = level.size == 0 ? nil : level.size }
            self.number = number
        }
    }

    private struct Change {
        var number: Int64
        var levels: [BackpackLevel]
    }

    private enum State {
        case idle
        /// With the book as it was when the question left, and what changed since.
        case asked(Book, [Change])
        case waiting(answer: Book)
        /// Held only inside a method, while it owns the payload.
        case modifying
    }

    /// Past it the answer is not coming.
    private static let changeLimit = 20_000
    /// Levels a side of a full book; one with fewer has no more.
    let depth: Int
    private var book: Book?
    private var state = State.idle

    init(depth: Int) { self.depth = depth }

    /// Whether there is something to compare.
    var canAsk: Bool { book != nil }

    // MARK: The own book

    /// A full book replaces what was known.
    mutating func reset(_ levels: [BackpackLevel], number: Int64) {
        book = full(levels, number)
        state = .idle
    }

    mutating func lose() {
        book = nil
        state = .idle
    }

    /// The next frame of changes.
    ///
    /// - Returns: What is to be said of an answer that waited for it.
    mutating func apply(_ levels: some Sequence<BackpackLevel>, number: Int64) -> Verdict {
        book?.apply(levels, number: number)
        switch state {
        case .idle: return .undecided
        case .asked(let book, var changes):
            guard changes.count < Self.changeLimit else {
                state = .idle
                return .undecided
            }
            state = .modifying
            changes.append(Change(number: number, levels: Array(levels)))
            state = .asked(book, changes)
            return .undecided
        case .waiting(let answer):
            guard let book, number >= answer.number else { return .undecided }
            state = .idle
            return number == answer.number ? Self.compare(book, answer) : .undecided
        case .modifying: preconditionFailure("BookAudit was re-entered while changing state")
        }
    }

    // MARK: The venue's

    /// The question leaves.
    mutating func ask() { state = book.map { .asked($0, []) } ?? .idle }

    /// There is no answer.
    mutating func giveUp() { state = .idle }

    mutating func answer(_ levels: [BackpackLevel], number: Int64) -> Verdict {
        guard case .asked(var then, let changes) = state else { return .undecided }
        state = .idle
        guard number >= then.number else { return .undecided }
        for change in changes where change.number <= number { then.apply(change.levels, number: change.number) }
        let answer = full(levels, number)
        if then.number == number { return Self.compare(then, answer) }
        if changes.last?.number ?? 0 < number { state = .waiting(answer: answer) }
        return .undecided
    }

    private func full(_ levels: [BackpackLevel], _ number: Int64) -> Book {
        var book = Book()
        book.apply(levels, number: number)
        let (bids, asks) = (levels.filter { $0.side == .buy }, levels.filter { $0.side == .sell })
        if bids.count >= depth { book.lastBid = bids.map(\.price).min() }
        if asks.count >= depth { book.lastAsk = asks.map(\.price).max() }
        return book
    }

    /// As far as both are known.
    private static func compare(_ ours: Book, _ theirs: Book) -> Verdict {
        let lastBid = max(ours.lastBid ?? .min, theirs.lastBid ?? .min)
        let lastAsk = min(ours.lastAsk ?? .max, theirs.lastAsk ?? .max)
        let levels = Set(ours.sizes.keys).union(theirs.sizes.keys).filter { level in
            (level.side == .buy ? level.price >= lastBid : level.price <= lastAsk) && ours.sizes[level] != theirs.sizes[level]
        }
        // Bids before asks, each from the touch.
        let ordered = levels.sorted { one, other in
            one.side == other.side ? (one.side == .buy) == (one.price > other.price) : one.side == .buy
        }
        guard let best = ordered.first else { return .agrees }
        let first = Difference(
            side: best.side, price: best.price, ours: ours.sizes[best] ?? 0, theirs: theirs.sizes[best] ?? 0, number: theirs.number)
        return .differs(levels: levels.count, first: first)
    }
}
