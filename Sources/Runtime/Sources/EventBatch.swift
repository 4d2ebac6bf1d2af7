public import Market

/// Records of one feed in order, at an address that stays.
@safe public final class EventBatch {
    private(set) var start: UnsafeMutablePointer<MarketEvent>
    public private(set) var count = 0
    private var capacity: Int

    public init(capacity: Int = 65_536) {
        self.capacity = max(capacity, 1)
        unsafe start = .allocate(capacity: self.capacity)
    }

    deinit { unsafe start.deallocate() }

    var end: UnsafeMutablePointer<MarketEvent> { unsafe start + count }

    public func append(_ event: MarketEvent) {
        if count == capacity { grow(to: 2 * capacity) }
        unsafe (start + count).initialize(to: event)
        count += 1
    }

    public subscript(index: Int) -> MarketEvent {
        precondition(index >= 0 && index < count, "the batch has no such record")
        return unsafe start[index]
    }

    /// Takes the place of what it held, each record changed on its way.
    @inline(__always)
    func replace(by events: ContiguousArray<MarketEvent>, _ change: (inout MarketEvent) -> Void) {
        count = 0
        if events.count > capacity { grow(to: events.count) }
        count = events.count
        unsafe events.withUnsafeBufferPointer { source in
            for index in source.indices {
                var event = unsafe source[index]
                change(&event)
                unsafe (start + index).initialize(to: event)
            }
        }
    }

    private func grow(to wanted: Int) {
        let larger = UnsafeMutablePointer<MarketEvent>.allocate(capacity: wanted)
        unsafe larger.initialize(from: start, count: count)
        unsafe start.deallocate()
        unsafe start = larger
        capacity = wanted
    }
}
