internal import Synchronization

/// From one thread to one other, bounded in items and bytes; neither ever waits for the other.
@safe final class RecorderQueue: @unchecked Sendable {
    private let slots: UnsafeMutableBufferPointer<QueuedItem?>
    private let byteLimit: Int
    /// Items taken and items put since the beginning.
    private let taken = Atomic<Int>(0)
    private let put = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)

    init(capacity: Int, byteLimit: Int) {
        unsafe slots = .allocate(capacity: capacity)
        unsafe slots.initialize(repeating: nil)
        self.byteLimit = byteLimit
    }

    deinit {
        unsafe slots.deinitialize()
        unsafe slots.deallocate()
    }

    /// Whether there is room for so many items with so many bytes; called by the one thread that puts, for whom it can only grow.
    func hasRoom(items: Int, bytes count: Int) -> Bool {
        let used = put.load(ordering: .relaxed) - taken.load(ordering: .acquiring)
        return unsafe used + items <= slots.count && bytes.load(ordering: .relaxed) + count <= byteLimit
    }

    /// Called by the one thread that puts.
    ///
    /// - Precondition: There is room.
    func put(_ item: QueuedItem) {
        let index = put.load(ordering: .relaxed)
        unsafe precondition(index - taken.load(ordering: .acquiring) < slots.count, "an item was put into a full queue")
        unsafe slots[index % slots.count] = item
        bytes.add(Self.size(item), ordering: .relaxed)
        put.store(index + 1, ordering: .releasing)
    }

    /// Called by the one thread that takes; nil when there is nothing.
    func take() -> QueuedItem? {
        let index = taken.load(ordering: .relaxed)
        guard index < put.load(ordering: .acquiring) else { return nil }
        let item = unsafe slots[index % slots.count].take()
        taken.store(index + 1, ordering: .releasing)
        if let item { bytes.subtract(Self.size(item), ordering: .relaxed) }
        return item
    }

    private static func size(_ item: QueuedItem) -> Int {
        switch item {
        case .item(let item): item.byteCount
        case .lost: 0
        }
    }
}
