/// A queue in one block of memory that grows when it is full and is never given back.
@safe @frozen public struct Ring<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<Element>
    @usableFromInline var capacity: Int
    @usableFromInline var head = 0
    @usableFromInline var size = 0
    @inlinable public var count: Int { size }

    /// - Parameter capacity: Rounded up to a power of two.
    @inlinable public init(capacity: Int = 16) {
        self.capacity = 1
        while self.capacity < capacity { self.capacity <<= 1 }
        unsafe base = .allocate(capacity: self.capacity)
    }

    @inlinable deinit { unsafe base.deallocate() }

    @inlinable public var isEmpty: Bool { count == 0 }
    /// How many it holds without growing.
    @inlinable public var room: Int { capacity - count }

    /// The element at `index`, counted from the oldest.
    @inlinable public subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(index >= 0 && index < count, "the ring has no such element")
            return unsafe UnsafePointer(base + (head &+ index) & (capacity &- 1))
        }
        @inline(__always) unsafeMutableAddress {
            precondition(index >= 0 && index < count, "the ring has no such element")
            return unsafe base + (head &+ index) & (capacity &- 1)
        }
    }

    @inlinable public mutating func append(_ element: Element) {
        if count == capacity { grow() }
        unsafe (base + (head &+ count) & (capacity &- 1)).initialize(to: element)
        size &+= 1
    }

    @discardableResult
    @inlinable public mutating func removeFirst() -> Element {
        precondition(count > 0, "the ring is empty")
        let element = unsafe base[head]
        head = (head &+ 1) & (capacity &- 1)
        size &-= 1
        return element
    }

    @inlinable public mutating func removeAll() {
        head = 0
        size = 0
    }

    @inline(never)
    @usableFromInline mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
        for index in 0..<count { unsafe (larger + index).initialize(to: base[(head + index) & (capacity - 1)]) }
        unsafe base.deallocate()
        unsafe base = larger
        head = 0
        capacity *= 2
    }
}
