/// The books of a run, by instrument, lent by their owner: a handle without a reference count.
@safe public struct BookTable {
    private let base: UnsafeMutablePointer<OrderBook>
    public let count: Int

    /// - Precondition: The books live longer than they are lent.
    public init(lending books: borrowing Table<OrderBook>) {
        unsafe base = books.base
        count = books.count
    }

    public subscript(id: InstrumentID) -> OrderBook {
        @inline(__always) unsafeAddress {
            precondition(id.index < count, "no book of this instrument")
            return unsafe UnsafePointer(base + id.index)
        }
        @inline(__always) nonmutating unsafeMutableAddress {
            precondition(id.index < count, "no book of this instrument")
            return unsafe base + id.index
        }
    }
}
