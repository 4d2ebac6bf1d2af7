/// A short list in one block of memory that grows when it is full and is never given back: an array that is never shared, so
/// that nothing is counted and nothing is copied on writing.
@safe @frozen public struct List<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<Element>
    @usableFromInline var capacity: Int
    @usableFromInline var size = 0
    @inlinable public var count: Int { size }

    @inlinable public init(capacity: Int = 16) {
        self.capacity = max(capacity, 1)
        unsafe base = .allocate(capacity: self.capacity)
    }

    @inlinable deinit { unsafe base.deallocate() }

    @inlinable public var isEmpty: Bool { size == 0 }
    @inlinable public var indices: Range<Int> { 0..<size }
    @inlinable public var first: Element? { isEmpty ? nil : self[0] }
    @inlinable public var last: Element? { isEmpty ? nil : self[size - 1] }

    @inlinable public subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(index >= 0 && index < size, "the list has no such element")
            return unsafe UnsafePointer(base + index)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(index >= 0 && index < size, "the list has no such element")
            return unsafe base + index
        }
    }

    /// Where an element stands until the list grows or is let go.
    @inlinable @inline(__always)
    public func address(of index: Int) -> UnsafeMutablePointer<Element> {
        precondition(index >= 0 && index < size, "the list has no such element")
        return unsafe base + index
    }

    @inlinable public mutating func append(_ element: Element) {
        if size == capacity { grow() }
        unsafe (base + size).initialize(to: element)
        size &+= 1
    }

    @inlinable public mutating func remove(at index: Int) {
        precondition(index >= 0 && index < size, "the list has no such element")
        size &-= 1
        for place in index..<size { unsafe base[place] = base[place &+ 1] }
    }

    @inlinable public mutating func removeAll() { size = 0 }

    /// Keeps the order of what stays.
    @inlinable public mutating func removeAll(where isRemoved: (borrowing Element) -> Bool) {
        var kept = 0
        for place in 0..<size where unsafe !isRemoved(base[place]) {
            unsafe base[kept] = base[place]
            kept += 1
        }
        size = kept
    }

    @inlinable public func firstIndex(where isMatch: (borrowing Element) -> Bool) -> Int? {
        for place in 0..<size where unsafe isMatch(base[place]) { return place }
        return nil
    }

    @inline(never)
    @usableFromInline mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
        unsafe larger.initialize(from: base, count: size)
        unsafe base.deallocate()
        unsafe base = larger
        capacity *= 2
    }
}
