/// One side of a book, by key: the higher a key, the better its price.
///
/// A bid's key is its tick and an ask's the complement of it, so that both sides are one algorithm and a level change needs
/// no branch on its side. Keys near the touch stand in a window of flat slots, where the next occupied one is looked for a
/// cache line at a time; keys outside it stand in a sorted array. The window follows the best key.
@safe struct LadderSide: ~Copyable {
    private struct FarLevel {
        var key: Int64
        var lots: Int64
    }

    /// What stands for "no level" in `best`.
    static let none = Int64.min
    /// Keys that the window covers: 128 KiB, of which only the slots near the touch are warm.
    private static let width = 1 << 14

    private let slots: UnsafeMutablePointer<Int64>
    /// The key of the window's first slot.
    private var base: Int64 = 0
    /// The best key, unless the other side has crossed it: then the best beyond the crossing.
    private(set) var best = LadderSide.none
    /// Ascending by key; none inside the window.
    private var far: ContiguousArray<FarLevel> = []

    init() {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: Self.width * MemoryLayout<Int64>.stride, alignment: 64)
        unsafe slots = bytes.bindMemory(to: Int64.self, capacity: Self.width)
        unsafe slots.initialize(repeating: 0, count: Self.width)
    }

    deinit {
        unsafe slots.deallocate()
    }

    var count: Int {
        var count = far.count
        var end = Self.width
        while end > 0, let slot = highestSlot(below: end) {
            count += 1
            end = slot
        }
        return count
    }

    @inline(__always)
    func lots(_ key: Int64) -> Int64 {
        let slot = key &- base
        if UInt64(bitPattern: slot) < UInt64(Self.width) { return unsafe slots[Int(slot)] }
        return farLots(key)
    }

    /// Sets the size of a level and returns the one it had; `best` is left to `rise` and `fall`.
    @inline(__always)
    mutating func store(_ key: Int64, _ lots: Int64) -> Int64 {
        let slot = key &- base
        guard UInt64(bitPattern: slot) < UInt64(Self.width) else { return storeFar(key, lots) }
        let index = Int(slot)
        let previous = unsafe slots[index]
        unsafe slots[index] = lots
        return previous
    }

    /// The best level is this one now.
    @inline(__always)
    mutating func rise(to key: Int64) {
        best = key
        if UInt64(bitPattern: key &- base) >= UInt64(Self.width) { moveWindow() }
    }

    /// The best level is the highest below `key` now.
    mutating func fall(below key: Int64) {
        best = highest(below: key)
        if best != Self.none, UInt64(bitPattern: best &- base) >= UInt64(Self.width) { moveWindow() }
    }

    mutating func removeAll() {
        clearWindow()
        far.removeAll(keepingCapacity: true)
        best = Self.none
    }

    private func clearWindow() { unsafe slots.update(repeating: 0, count: Self.width) }

    /// The highest occupied key below `key`; `none` if there is none.
    func highest(below key: Int64) -> Int64 {
        let top = base &+ Int64(Self.width)
        if !far.isEmpty, key > top {
            let index = farIndex(key) - 1
            if index >= 0, far[index].key >= top { return far[index].key }
        }
        if key > base, let slot = highestSlot(below: Int(min(key, top) - base)) { return base + Int64(slot) }
        guard !far.isEmpty else { return Self.none }
        let index = farIndex(min(key, base)) - 1
        return index >= 0 ? far[index].key : Self.none
    }

    /// The highest occupied slot below `end` (1 ... width).
    @inline(__always)
    private func highestSlot(below end: Int) -> Int? {
        var slot = end &- 1
        while unsafe slots[slot] == 0 {
            guard slot & 7 == 0 else {
                slot &-= 1
                continue
            }
            // Nothing left in this line: pass over the empty ones below.
            while slot >= 8, unsafe UnsafeRawPointer(slots + (slot &- 8)).load(as: SIMD8<Int64>.self) == .zero { slot &-= 8 }
            if slot == 0 { return nil }
            slot &-= 1
        }
        return slot
    }

    // MARK: Far levels

    /// The first far level at or above `key`.
    private func farIndex(_ key: Int64) -> Int {
        var (low, high) = (0, far.count)
        while low < high {
            let middle = (low + high) >> 1
            if far[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @inline(never)
    private func farLots(_ key: Int64) -> Int64 {
        let index = farIndex(key)
        return index < far.count && far[index].key == key ? far[index].lots : 0
    }

    @inline(never)
    private mutating func storeFar(_ key: Int64, _ lots: Int64) -> Int64 {
        let index = farIndex(key)
        guard index < far.count, far[index].key == key else {
            if lots != 0 { far.insert(FarLevel(key: key, lots: lots), at: index) }
            return 0
        }
        let previous = far[index].lots
        if lots == 0 { far.remove(at: index) } else { far[index].lots = lots }
        return previous
    }

    /// Moves the window so that the best key is in its middle.
    @inline(never)
    private mutating func moveWindow() {
        var levels = ContiguousArray<FarLevel>()
        levels.reserveCapacity(count)
        let split = farIndex(base)
        levels.append(contentsOf: far[..<split])
        levels.append(contentsOf: far[split...])
        var end = Self.width
        while end > 0, let slot = highestSlot(below: end) {
            levels.append(FarLevel(key: base + Int64(slot), lots: unsafe slots[slot]))
            end = slot
        }
        levels.sort { $0.key < $1.key }
        clearWindow()
        far.removeAll(keepingCapacity: true)
        base = best - Int64(Self.width / 2)
        for level in levels {
            if level.key >= base, level.key < base + Int64(Self.width) {
                _ = store(level.key, level.lots)
            } else {
                far.append(level)
            }
        }
    }
}
