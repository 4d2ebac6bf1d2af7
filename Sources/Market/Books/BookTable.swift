/// The books of a run, by instrument, lent by reference.
@safe public final class BookTable {
    private let books: UnsafeMutablePointer<OrderBook>
    public let count: Int

    public init(count: Int) {
        self.count = count
        unsafe books = .allocate(capacity: max(count, 1))
        for index in 0..<count { unsafe (books + index).initialize(to: OrderBook()) }
    }

    deinit {
        unsafe books.deinitialize(count: count)
        unsafe books.deallocate()
    }

    public subscript(id: InstrumentID) -> OrderBook {
        _read {
            precondition(id.index < count, "no book of this instrument")
            yield unsafe books[id.index]
        }
        _modify {
            precondition(id.index < count, "no book of this instrument")
            yield unsafe &books[id.index]
        }
    }
}
