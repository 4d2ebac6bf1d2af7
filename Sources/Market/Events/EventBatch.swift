/// Records of one feed in order, in one block of memory that is used again and again.
@safe public final class EventBatch {
    @usableFromInline private(set) var block: UnsafeMutablePointer<MarketEvent>
    @usableFromInline private(set) var capacity: Int
    public private(set) var count = 0

    /// An empty batch with room for as many records; it grows by itself.
    public init(capacity: Int = 65_536) {
        self.capacity = Swift.max(capacity, 1)
        unsafe block = .allocate(capacity: self.capacity)
    }

    public convenience init(_ events: some Sequence<MarketEvent>) {
        self.init(capacity: events.underestimatedCount)
        for event in events { append(event) }
    }

    deinit { unsafe block.deallocate() }

    /// Where the first record lies and where the last one ends: valid until the batch is changed.
    public var bounds: (start: UnsafePointer<MarketEvent>, end: UnsafePointer<MarketEvent>) {
        unsafe (UnsafePointer(block), UnsafePointer(block + count))
    }

    public func append(_ event: MarketEvent) {
        if count == capacity { grow(to: 2 * capacity) }
        unsafe (block + count).initialize(to: event)
        count += 1
    }

    /// Puts a record before all others.
    public func prepend(_ event: MarketEvent) {
        append(event)
        for index in stride(from: count - 1, to: 0, by: -1) { self[index] = self[index - 1] }
        self[0] = event
    }

    public func removeAll() { count = 0 }

    /// Takes the place of what another batch held, which takes that of this one.
    public func swap(with other: EventBatch) {
        unsafe Swift.swap(&block, &other.block)
        Swift.swap(&capacity, &other.capacity)
        Swift.swap(&count, &other.count)
    }

    /// Takes the place of what it held by `count` records, all of which `body` has to write.
    public func overwrite(count: Int, _ body: (UnsafeMutablePointer<MarketEvent>) -> Void) {
        self.count = 0
        if count > capacity { grow(to: count) }
        unsafe body(block)
        self.count = count
    }

    /// Changes each record in its place.
    @inline(__always)
    public func update(_ body: (inout MarketEvent) -> Void) {
        let (start, count) = unsafe (block, count)
        for index in 0..<count { unsafe body(&start[index]) }
    }

    private func grow(to wanted: Int) {
        let larger = UnsafeMutablePointer<MarketEvent>.allocate(capacity: wanted)
        unsafe larger.initialize(from: block, count: count)
        unsafe block.deallocate()
        unsafe block = larger
        capacity = wanted
    }
}

extension EventBatch: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(index: Int) -> MarketEvent {
        get {
            precondition(index >= 0 && index < count, "the batch has no such record")
            return unsafe block[index]
        }
        set {
            precondition(index >= 0 && index < count, "the batch has no such record")
            unsafe block[index] = newValue
        }
    }

    public struct Iterator: IteratorProtocol {
        private let batch: EventBatch
        private var index = 0

        fileprivate init(_ batch: EventBatch) { self.batch = batch }

        public mutating func next() -> MarketEvent? {
            guard index < batch.count else { return nil }
            defer { index += 1 }
            return batch[index]
        }
    }

    public func makeIterator() -> Iterator { Iterator(self) }
}
