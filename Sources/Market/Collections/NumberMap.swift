/// Values by number, in one block of memory: open addressing with linear probing.
///
/// No order of its own ever shows: it can be asked for one number at a time only.
@safe @frozen public struct NumberMap<Value: BitwiseCopyable>: ~Copyable {
    @usableFromInline struct Entry: BitwiseCopyable {
        @usableFromInline var number: UInt64
        @usableFromInline var isTaken: Bool
        @usableFromInline var value: Value

        @inlinable init(number: UInt64, isTaken: Bool, value: Value) {
            self.number = number
            self.isTaken = isTaken
            self.value = value
        }
    }

    @usableFromInline var entries: UnsafeMutablePointer<Entry>
    @usableFromInline var bits: Int
    @usableFromInline let filler: Value
    @usableFromInline var size = 0
    @inlinable public var count: Int { size }

    /// - Parameter filler: Any value; it fills what is empty.
    @inlinable public init(filler: Value) {
        self.filler = filler
        bits = 6
        unsafe entries = .allocate(capacity: 1 << 6)
        unsafe entries.initialize(repeating: Entry(number: 0, isTaken: false, value: filler), count: 1 << 6)
    }

    @inlinable deinit { unsafe entries.deallocate() }

    @inlinable var mask: Int { 1 << bits &- 1 }

    /// Where a search for `number` begins. Sixteen numbers in a row are neighbours, because ids are counted up; the rows are
    /// spread by the high bits of their product with 2⁶⁴ ÷ φ.
    @inlinable func home(_ number: UInt64) -> Int {
        let row = ((number >> 4) &* 0x9E37_79B9_7F4A_7C15) >> UInt64(68 &- bits)
        return Int(truncatingIfNeeded: row << 4 | number & 15)
    }

    /// The slot that holds `number`, or the empty one where it would go.
    @inlinable func slot(_ number: UInt64) -> Int {
        var slot = home(number)
        while unsafe entries[slot].isTaken, unsafe entries[slot].number != number { slot = (slot &+ 1) & mask }
        return slot
    }

    @inlinable public func contains(_ number: UInt64) -> Bool {
        let slot = slot(number)
        return unsafe entries[slot].isTaken
    }

    @inlinable public subscript(number: UInt64) -> Value? {
        let slot = slot(number)
        return unsafe entries[slot].isTaken ? unsafe entries[slot].value : nil
    }

    /// Adds a value; returns false, and changes nothing, when the number has one already.
    @discardableResult
    @inlinable public mutating func insert(_ number: UInt64, _ value: Value) -> Bool {
        let slot = slot(number)
        guard unsafe !entries[slot].isTaken else { return false }
        unsafe entries[slot] = Entry(number: number, isTaken: true, value: value)
        size += 1
        // A quarter of the slots stay empty, so that searches are short.
        if count > (1 << bits) / 4 * 3 { grow() }
        return true
    }

    /// Changes a value in place; nil when the number has none.
    @inlinable public mutating func update<Result>(_ number: UInt64, _ body: (inout Value) -> Result) -> Result? {
        let slot = slot(number)
        guard unsafe entries[slot].isTaken else { return nil }
        return unsafe body(&entries[slot].value)
    }

    @inlinable public mutating func remove(_ number: UInt64) {
        var hole = slot(number)
        guard unsafe entries[hole].isTaken else { return }
        size -= 1
        // What was pushed past the hole moves back into it.
        var next = (hole + 1) & mask
        while unsafe entries[next].isTaken {
            let start = unsafe home(entries[next].number)
            if (next &- start) & mask >= (next &- hole) & mask {
                unsafe entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        unsafe entries[hole] = Entry(number: 0, isTaken: false, value: filler)
    }

    @inlinable public mutating func removeAll() {
        size = 0
        for slot in 0...mask { unsafe entries[slot].isTaken = false }
    }

    /// All values whose number and value satisfy `isIncluded`, by ascending number.
    @inlinable public func sorted(where isIncluded: (UInt64, Value) -> Bool) -> [(number: UInt64, value: Value)] {
        var found: [(number: UInt64, value: Value)] = []
        for slot in 0...mask where unsafe entries[slot].isTaken {
            let entry = unsafe entries[slot]
            if isIncluded(entry.number, entry.value) { found.append((entry.number, entry.value)) }
        }
        return found.sorted { $0.number < $1.number }
    }

    @inline(never)
    @usableFromInline mutating func grow() {
        let (old, oldCount) = unsafe (entries, 1 << bits)
        bits += 1
        unsafe entries = .allocate(capacity: 1 << bits)
        unsafe entries.initialize(repeating: Entry(number: 0, isTaken: false, value: filler), count: 1 << bits)
        for index in 0..<oldCount where unsafe old[index].isTaken {
            let slot = unsafe slot(old[index].number)
            unsafe entries[slot] = old[index]
        }
        unsafe old.deallocate()
    }
}
