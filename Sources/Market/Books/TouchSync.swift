/// Tells when a book that was built from changes alone can be trusted at its touch: once its best prices have equalled the
/// feed's own best quotes for a while.
///
/// Quotes come ahead of book frames, so each waits until the book has reached its number; the last one reached is what the
/// book must show. A feed without numbers (all 0) is compared with its newest quote.
public struct TouchSync: Sendable {
    /// Quotes that wait; the oldest are let go beyond it, and with them one comparison.
    private static let limit = 1_024

    private struct Quote {
        var number: Int64
        var bidTicks: Int64
        var askTicks: Int64
    }

    private let holdFor: Nanoseconds
    private var reached: Quote?
    private var waiting: [Quote] = []
    private var equalSince: Timestamp?
    public private(set) var isSynchronised = false

    public init(holdFor: Nanoseconds = .seconds(10)) { self.holdFor = holdFor }

    /// A best quote of the feed.
    public mutating func receiveQuote(number: Int64, bidTicks: Int64, askTicks: Int64) {
        if waiting.count == Self.limit { waiting.removeFirst(Self.limit / 2) }
        waiting.append(Quote(number: number, bidTicks: bidTicks, askTicks: askTicks))
    }

    /// The book after a frame whose last number was `number`.
    public mutating func receiveBook(number: Int64, bidTicks: Int64, askTicks: Int64, at now: Timestamp) {
        var count = 0
        while count < waiting.count, waiting[count].number <= number { count += 1 }
        if count > 0 {
            reached = waiting[count - 1]
            waiting.removeFirst(count)
        }
        guard let reached else { return }
        guard reached.bidTicks == bidTicks, reached.askTicks == askTicks else {
            equalSince = nil
            isSynchronised = false
            return
        }
        let since = equalSince ?? now
        equalSince = since
        if now - since >= holdFor { isSynchronised = true }
    }

    /// After a gap nothing is known.
    public mutating func reset() {
        self = TouchSync(holdFor: holdFor)
    }
}
