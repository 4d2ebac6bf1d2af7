/// A fixed number of values at addresses that stay, lent in place: no copy, no reference count, no check but the index.
@safe @frozen public struct Table<Element: ~Copyable>: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    public let count: Int

    @inlinable public init<Failure>(count: Int, _ element: (Int) throws(Failure) -> Element) throws(Failure) {
        let base = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
        for index in 0..<count {
            do throws(Failure) {
                unsafe (base + index).initialize(to: try element(index))
            } catch {
                unsafe base.deinitialize(count: index)
                unsafe base.deallocate()
                throw error
            }
        }
        unsafe self.base = base
        self.count = count
    }

    @inlinable deinit {
        unsafe base.deinitialize(count: count)
        unsafe base.deallocate()
    }

    @inlinable public var indices: Range<Int> { 0..<count }

    @inlinable public subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(index >= 0 && index < count, "the table has no such row")
            return unsafe UnsafePointer(base + index)
        }
        @inline(__always) nonmutating unsafeMutableAddress {
            precondition(index >= 0 && index < count, "the table has no such row")
            return unsafe base + index
        }
    }
}

extension Table where Element: Copyable {
    @inlinable public init(_ elements: some Collection<Element>) {
        var iterator = elements.makeIterator()
        self.init(count: elements.count) { _ in
            guard let element = iterator.next() else { preconditionFailure("a collection held less than it said") }
            return element
        }
    }
}
