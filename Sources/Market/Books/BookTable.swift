/// The books of a run, by instrument, lent by reference.
public final class BookTable {
    private let books: Table<OrderBook>

    public init(count: Int) { books = Table(count: count) { _ in OrderBook() } }

    public var count: Int { books.count }

    public subscript(id: InstrumentID) -> OrderBook {
        _read { yield books[id.index] }
        _modify { yield &books[id.index] }
    }
}
