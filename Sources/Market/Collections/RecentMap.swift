/// Values by number, of which the last ones that were added are remembered: in two generations, the older of which is let go
/// whole when the younger is full, so that nothing is removed one by one.
@safe @frozen public struct RecentMap<Value: BitwiseCopyable>: ~Copyable {
    @usableFromInline var young: NumberMap<Value>
    @usableFromInline var old: NumberMap<Value>
    @usableFromInline let limit: Int
    /// How many were added since the last generation.
    @usableFromInline var added = 0

    /// - Parameters:
    ///   - limit: How many of the last ones are remembered for certain; twice as many at most, and what is kept.
    ///   - filler: Any value; it fills what is empty.
    @inlinable public init(limit: Int, filler: Value) {
        self.limit = limit
        young = NumberMap(filler: filler)
        old = NumberMap(filler: filler)
    }

    @inlinable public subscript(number: UInt64) -> Value? { young[number] ?? old[number] }

    /// Adds a value; returns false, and changes nothing, when the number has one already.
    ///
    /// - Parameter keeps: Which of the oldest values are remembered all the same.
    @discardableResult
    @inlinable public mutating func insert(_ number: UInt64, _ value: Value, keeps: (Value) -> Bool = { _ in false }) -> Bool {
        guard !old.contains(number), young.insert(number, value) else { return false }
        added += 1
        if added >= limit { age(keeps) }
        return true
    }

    /// Changes a value in place; nil when the number has none.
    @discardableResult
    @inlinable public mutating func update<Result>(_ number: UInt64, _ body: (inout Value) -> Result) -> Result? {
        young.update(number, body) ?? old.update(number, body)
    }

    @inlinable public mutating func remove(_ number: UInt64) {
        young.remove(number)
        old.remove(number)
    }

    /// All values whose number and value satisfy `isIncluded`, by ascending number.
    @inlinable public func sorted(where isIncluded: (UInt64, Value) -> Bool) -> [(number: UInt64, value: Value)] {
        (young.sorted(where: isIncluded) + old.sorted(where: isIncluded)).sorted { $0.number < $1.number }
    }

    @inline(never)
    @usableFromInline mutating func age(_ keeps: (Value) -> Bool) {
        let kept = old.sorted { keeps($1) }
        old.removeAll()
        added = 0
        swap(&young, &old)
        for (number, value) in kept { young.insert(number, value) }
    }
}
