import Market
import Testing

@Suite struct BookSyncTests {
    private func numbers(_ previous: Int64, _ last: Int64) -> BookSync.Numbers { BookSync.Numbers(previous: previous, last: last) }

    @Test func `changes wait for the full book, and the one that overlaps it links`() {
        var sync = BookSync(.fullBook)
        #expect(sync.receiveChanges(numbers(1, 5)) == .hold)
        #expect(!sync.isSynchronised)
        sync.receiveBook(BookSync.Numbers(through: 8))
        #expect(sync.isSynchronised)
        #expect(sync.receiveChanges(numbers(1, 5)) == .drop)
        #expect(sync.receiveChanges(numbers(5, 9)) == .apply)
        #expect(sync.receiveChanges(numbers(9, 12)) == .apply)
    }

    @Test func `a skipped number is a gap until the next full book`() {
        var sync = BookSync(.fullBook)
        sync.receiveBook(BookSync.Numbers(through: 8))
        #expect(sync.receiveChanges(numbers(8, 9)) == .apply)
        #expect(sync.receiveChanges(numbers(10, 11)) == .gapThenHold)
        #expect(sync.receiveChanges(numbers(11, 12)) == .hold)
        #expect(!sync.isSynchronised)
        sync.receiveBook(BookSync.Numbers(through: 11))
        #expect(sync.receiveChanges(numbers(11, 12)) == .apply)
    }

    @Test func `a frame that comes twice is dropped`() {
        var sync = BookSync(.fullBook)
        sync.receiveBook(BookSync.Numbers(through: 8))
        #expect(sync.receiveChanges(numbers(8, 10)) == .apply)
        #expect(sync.receiveChanges(numbers(8, 10)) == .drop)
    }

    @Test func `a frame that does not reach back to the full book is a gap`() {
        var sync = BookSync(.fullBook)
        sync.receiveBook(BookSync.Numbers(through: 8))
        #expect(sync.receiveChanges(numbers(9, 12)) == .gapThenHold)
    }

    @Test func `without a full book changes pass and gaps are told`() {
        var sync = BookSync(.changesOnly)
        #expect(sync.receiveChanges(numbers(3, 4)) == .apply)
        #expect(sync.receiveChanges(numbers(4, 6)) == .apply)
        #expect(sync.receiveChanges(numbers(7, 8)) == .gapThenApply)
        #expect(sync.receiveChanges(numbers(8, 9)) == .apply)
        #expect(!sync.isSynchronised)
    }

    @Test func `a lost connection needs a full book again`() {
        var sync = BookSync(.fullBook)
        sync.receiveBook(BookSync.Numbers(through: 8))
        sync.lose()
        #expect(sync.receiveChanges(numbers(8, 9)) == .hold)
    }
}

@Suite struct TouchSyncTests {
    private func second(_ count: Int64) -> Timestamp { Timestamp(nanoseconds: count * 1_000_000_000) }

    @Test func `a touch that equals the quotes for ten seconds is synchronised`() {
        var sync = TouchSync()
        sync.receiveQuote(number: 5, bidTicks: 10, askTicks: 11)
        sync.receiveBook(number: 5, bidTicks: 10, askTicks: 11, at: second(0))
        sync.receiveBook(number: 6, bidTicks: 10, askTicks: 11, at: second(9))
        #expect(!sync.isSynchronised)
        sync.receiveBook(number: 7, bidTicks: 10, askTicks: 11, at: second(10))
        #expect(sync.isSynchronised)
    }

    @Test func `a quote ahead of the book is compared only when the book has reached it`() {
        var sync = TouchSync(holdFor: .zero)
        sync.receiveQuote(number: 5, bidTicks: 10, askTicks: 11)
        sync.receiveQuote(number: 9, bidTicks: 20, askTicks: 21)
        sync.receiveBook(number: 6, bidTicks: 10, askTicks: 11, at: second(0))
        #expect(sync.isSynchronised)
        sync.receiveBook(number: 9, bidTicks: 10, askTicks: 11, at: second(1))
        #expect(!sync.isSynchronised)
        sync.receiveBook(number: 10, bidTicks: 20, askTicks: 21, at: second(2))
        #expect(sync.isSynchronised)
        sync.reset()
        #expect(!sync.isSynchronised)
    }
}
