/// One side of a book: a window of flat slots with a bitmap, and sorted far levels outside it.
///
/// The window's first tick, `base`, is the book's and is passed in, so that both sides share it.
@usableFromInline @safe struct LadderSide: ~Copyable {
    private struct FarLevel {
        var ticks: Int64
        var lots: Int64
    }

    @usableFromInline let slots: UnsafeMutablePointer<Int64>
    @usableFromInline let bits: UnsafeMutablePointer<UInt64>
    private let width: Int
    private var windowCount = 0
    /// Ascending by tick; none inside the window.
    private var far: ContiguousArray<FarLevel> = []

    init(width: Int) {
        self.width = width
        unsafe slots = .allocate(capacity: width)
        unsafe slots.initialize(repeating: 0, count: width)
        unsafe bits = .allocate(capacity: width / 64)
        unsafe bits.initialize(repeating: 0, count: width / 64)
    }

    // Inlinable, as are the pointers it reads: the optimiser inlines it into `BookTable`'s setter, which other targets see,
    // and fails an assertion of its own where it may not.
    @inlinable deinit {
        unsafe slots.deallocate()
        unsafe bits.deallocate()
    }

    var count: Int { windowCount + far.count }

    @inline(__always)
    func lots(_ ticks: Int64, _ base: Int64) -> Int64 {
        let slot = ticks &- base
        if UInt64(bitPattern: slot) < UInt64(width) { return unsafe slots[Int(slot)] }
        let index = farIndex(ticks)
        return index < far.count && far[index].ticks == ticks ? far[index].lots : 0
    }

    @inline(__always)
    mutating func set(_ ticks: Int64, _ lots: Int64, _ base: Int64) -> Int64 {
        let slot = ticks &- base
        guard UInt64(bitPattern: slot) < UInt64(width) else { return setFar(ticks, lots) }
        let index = Int(slot)
        let previous = unsafe slots[index]
        unsafe slots[index] = lots
        if (previous == 0) != (lots == 0) {
            unsafe bits[index >> 6] ^= 1 << UInt64(index & 63)
            windowCount += lots == 0 ? -1 : 1
        }
        return previous
    }

    mutating func removeAll() {
        if windowCount > 0 {
            unsafe slots.update(repeating: 0, count: width)
            unsafe bits.update(repeating: 0, count: width / 64)
            windowCount = 0
        }
        far.removeAll(keepingCapacity: true)
    }

    /// The highest occupied tick below `ticks`.
    func highest(below ticks: Int64, _ base: Int64) -> Int64? {
        let top = base + Int64(width)
        if !far.isEmpty, ticks > top {
            let index = farIndex(ticks) - 1
            if index >= 0, far[index].ticks >= top { return far[index].ticks }
        }
        if ticks > base, let slot = highestSlot(below: Int(min(ticks, top) - base)) { return base + Int64(slot) }
        guard !far.isEmpty else { return nil }
        let index = farIndex(min(ticks, base)) - 1
        return index >= 0 ? far[index].ticks : nil
    }

    /// The lowest occupied tick above `ticks`.
    func lowest(above ticks: Int64, _ base: Int64) -> Int64? {
        let top = base + Int64(width)
        if !far.isEmpty, ticks < base {
            let index = farIndex(ticks + 1)
            if index < far.count, far[index].ticks < base { return far[index].ticks }
        }
        if ticks < top - 1, let slot = lowestSlot(from: Int(max(ticks + 1, base) - base)) { return base + Int64(slot) }
        guard !far.isEmpty else { return nil }
        let index = farIndex(max(ticks + 1, top))
        return index < far.count ? far[index].ticks : nil
    }

    /// The highest occupied slot below `end` (0 ..< width + 1).
    @inline(__always)
    private func highestSlot(below end: Int) -> Int? {
        guard end > 0 else { return nil }
        var word = (end - 1) >> 6
        var value = unsafe bits[word] & (~0 >> UInt64(63 - (end - 1) & 63))
        while value == 0 {
            word -= 1
            if word < 0 { return nil }
            value = unsafe bits[word]
        }
        return word << 6 + (63 - value.leadingZeroBitCount)
    }

    /// The lowest occupied slot at or above `start`.
    @inline(__always)
    private func lowestSlot(from start: Int) -> Int? {
        guard start < width else { return nil }
        var word = start >> 6
        var value = unsafe bits[word] & (~0 << UInt64(start & 63))
        while value == 0 {
            word += 1
            if word == width >> 6 { return nil }
            value = unsafe bits[word]
        }
        return word << 6 + value.trailingZeroBitCount
    }

    /// The first far level at or above `ticks`.
    private func farIndex(_ ticks: Int64) -> Int {
        var (low, high) = (0, far.count)
        while low < high {
            let middle = (low + high) >> 1
            if far[middle].ticks < ticks { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @inline(never)
    private mutating func setFar(_ ticks: Int64, _ lots: Int64) -> Int64 {
        let index = farIndex(ticks)
        guard index < far.count, far[index].ticks == ticks else {
            if lots != 0 { far.insert(FarLevel(ticks: ticks, lots: lots), at: index) }
            return 0
        }
        let previous = far[index].lots
        if lots == 0 { far.remove(at: index) } else { far[index].lots = lots }
        return previous
    }

    /// Takes every level out of the old window and those of the new one into it.
    mutating func moveWindow(from old: Int64, to new: Int64) {
        var levels = ContiguousArray<FarLevel>()
        levels.reserveCapacity(count)
        let split = farIndex(old)
        levels.append(contentsOf: far[..<split])
        var slot = lowestSlot(from: 0)
        while let found = slot {
            levels.append(FarLevel(ticks: old + Int64(found), lots: unsafe slots[found]))
            slot = lowestSlot(from: found + 1)
        }
        levels.append(contentsOf: far[split...])
        removeAll()
        for level in levels {
            if level.ticks >= new, level.ticks < new + Int64(width) {
                _ = set(level.ticks, level.lots, new)
            } else {
                far.append(level)
            }
        }
    }
}
