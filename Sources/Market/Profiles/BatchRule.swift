/// What a venue takes as one request: orders, or cancels of single orders, that leave at one instant.
public struct BatchRule: Hashable, BitwiseCopyable, Sendable {
    /// The same kind of request several times.
    public struct Batch: Hashable, BitwiseCopyable, Sendable {
        /// As many at most.
        public var limit: Int
        /// Whether limits count the batch as one request, else what is in it; one too many turns all of it away.
        public var countsOnce: Bool

        public init(limit: Int, countsOnce: Bool) {
            self.limit = limit
            self.countsOnce = countsOnce
        }
    }

    /// nil where each order, or each cancel, is a request of its own.
    public var orders: Batch?
    public var cancels: Batch?
    /// Whether a batch is of one instrument.
    public var isOfOneInstrument: Bool

    public init(orders: Batch? = nil, cancels: Batch? = nil, isOfOneInstrument: Bool = false) {
        self.orders = orders
        self.cancels = cancels
        self.isOfOneInstrument = isOfOneInstrument
    }
}
