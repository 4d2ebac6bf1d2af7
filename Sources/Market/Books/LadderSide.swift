/// One side of a book, by key: the higher a key, the better its price.
///
/// A bid's key is its tick and an ask's the complement of it, so that both sides are one algorithm and a level change needs
/// no branch on its side. Keys near the touch stand in a window of flat slots, with a bitmap that finds the next occupied
/// one; keys outside it stand in a sorted array. The window follows the best key.
@safe struct LadderSide: ~Copyable {
    private struct FarLevel {
        var key: Int64
        var lots: Int64
    }

    /// What stands for "no level" in `best`.
    static let none = Int64.min
    /// Keys that the window covers: 128 KiB, of which only the slots near the touch are warm.
    private static let width = 1 << 14
    private static let words = width >> 6

    private let slots: UnsafeMutablePointer<Int64>
    private let bits: UnsafeMutablePointer<UInt64>
    /// The key of the window's first slot.
    private var base: Int64 = 0
    /// The best key, unless the other side has crossed it: then the best beyond the crossing.
    private(set) var best = LadderSide.none
    /// Ascending by key; none inside the window.
    private var far: ContiguousArray<FarLevel> = []

    init() {
        unsafe slots = .allocate(capacity: Self.width)
        unsafe slots.initialize(repeating: 0, count: Self.width)
        unsafe bits = .allocate(capacity: Self.words)
        unsafe bits.initialize(repeating: 0, count: Self.words)
    }

    deinit {
        unsafe slots.deallocate()
        unsafe bits.deallocate()
    }

    var count: Int {
        var count = far.count
        for word in 0..<Self.words { count += unsafe bits[word].nonzeroBitCount }
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
        let bit: UInt64 = 1 << UInt64(index & 63)
        let word = unsafe bits[index >> 6]
        unsafe bits[index >> 6] = lots == 0 ? word & ~bit : word | bit
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

    private func clearWindow() {
        for word in 0..<Self.words where unsafe bits[word] != 0 {
            unsafe (slots + word << 6).update(repeating: 0, count: 64)
            unsafe bits[word] = 0
        }
    }

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
        var word = (end - 1) >> 6
        var value = unsafe bits[word] & (~0 >> UInt64(63 - (end - 1) & 63))
        while value == 0 {
            word -= 1
            if word < 0 { return nil }
            value = unsafe bits[word]
        }
        return word << 6 + (63 - value.leadingZeroBitCount)
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
        for word in 0..<Self.words {
            var value = unsafe bits[word]
            while value != 0 {
                let slot = word << 6 + value.trailingZeroBitCount
                levels.append(FarLevel(key: base + Int64(slot), lots: unsafe slots[slot]))
                value &= value - 1
            }
        }
        levels.append(contentsOf: far[split...])
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
