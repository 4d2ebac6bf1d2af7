/// A borrowed run of bytes: a line of a recording, or a field of one.
///
/// It is valid until its reader moves on to the next line. Every access is checked; a slice costs no allocation.
@safe package struct Bytes {
    private let base: UnsafePointer<UInt8>
    package let count: Int

    /// - Precondition: `base` points to `count` bytes that outlive every use of the value and of its slices.
    @unsafe @inline(__always) package init(_ base: UnsafePointer<UInt8>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// No bytes at all, which never end.
    package static var empty: Bytes { unsafe Bytes(StaticString("").utf8Start, count: 0) }

    @inline(__always) package var isEmpty: Bool { count == 0 }

    @inline(__always) package subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "a byte outside of its line was read")
        return unsafe base[index]
    }

    @inline(__always) package func slice(_ start: Int, _ end: Int) -> Bytes {
        precondition(0 <= start && start <= end && end <= count, "a field outside of its line was read")
        return unsafe Bytes(base + start, count: end - start)
    }

    @inline(__always) package func slice(_ range: Range<Int>) -> Bytes { slice(range.lowerBound, range.upperBound) }

    package func dropping(_ prefix: Int) -> Bytes { slice(prefix, count) }

    package var text: String { unsafe String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self) }

    package func withBuffer<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        unsafe body(UnsafeBufferPointer(start: base, count: count))
    }

    package static func == (lhs: Bytes, rhs: StaticString) -> Bool {
        lhs.count == rhs.utf8CodeUnitCount && lhs.hasPrefix(rhs)
    }

    package static func != (lhs: Bytes, rhs: StaticString) -> Bool { !(lhs == rhs) }

    package func hasPrefix(_ prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        guard length <= count else { return false }
        let start = unsafe prefix.utf8Start
        for index in 0..<length where unsafe base[index] != start[index] { return false }
        return true
    }

    package func equals(_ other: Bytes) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where unsafe base[index] != other.base[index] { return false }
        return true
    }

    /// The index of the first `byte` at or after `start`.
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        var index = start
        while index < count {
            if unsafe base[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// The index of the first byte at or after `start` that ends the plain part of a JSON text: a quote, a backslash or a control
    /// character; `count` if there is none.
    @inline(__always) func endOfPlainText(from start: Int) -> Int {
        var index = start
        while index < count {
            let byte = unsafe base[index]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { return index }
            index += 1
        }
        return count
    }

    /// A plain decimal of up to 18 digits as a count of 10^-`decimals`; nil for any other text, or one with more decimals.
    @inline(__always) func shortDecimal(_ decimals: Int) -> Int64? {
        guard count <= 20, count > 0 else { return nil }
        var (index, value, digits, fraction) = (0, Int64(0), 0, -1)
        let isNegative = unsafe base[0] == 0x2D
        if isNegative { index = 1 }
        while index < count {
            let byte = unsafe base[index] &- 0x30
            if byte < 10 {
                value = value &* 10 &+ Int64(byte)
                digits &+= 1
            } else if byte == 0xFE, fraction < 0 {
                fraction = digits
            } else {
                return nil
            }
            index &+= 1
        }
        let taken = fraction < 0 ? 0 : digits &- fraction
        // So that neither the digits nor what the scale adds overflow.
        guard digits > 0, taken <= decimals, digits &- taken &+ decimals <= 18, fraction != digits || fraction < 0 else { return nil }
        for _ in taken..<decimals { value = value &* 10 }
        return isNegative ? -value : value
    }

    package func lastIndex(of byte: UInt8) -> Int? {
        var index = count - 1
        while index >= 0, unsafe base[index] != byte { index -= 1 }
        return index < 0 ? nil : index
    }

    /// The index of the first occurrence of `text` at or after `start`.
    package func firstIndex(of text: StaticString, from start: Int = 0) -> Int? {
        let length = text.utf8CodeUnitCount
        var index = start
        while index + length <= count {
            if slice(index, count).hasPrefix(text) { return index }
            index += 1
        }
        return nil
    }
}

extension Bytes {
    /// Lends the bytes of `array`.
    package static func lending<Result, Failure: Error>(_ array: [UInt8], _ body: (Bytes) throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        try lending(array.span, body)
    }

    /// Lends the bytes of `span`.
    package static func lending<Result, Failure: Error>(_ span: Span<UInt8>, _ body: (Bytes) throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        let count = span.count
        var result: Swift.Result<Result, Failure>?
        unsafe span.withUnsafeBufferPointer { buffer in
            // No bytes may have no address; one byte stands in for it and is never read.
            let filler: UInt8 = 0
            unsafe withUnsafePointer(to: filler) { fallback in
                let bytes = unsafe Bytes(buffer.baseAddress ?? fallback, count: count)
                do throws(Failure) { result = .success(try body(bytes)) } catch { result = .failure(error) }
            }
        }
        guard let result else { preconditionFailure("the body of a loan did not run") }
        return try result.get()
    }
}

extension StaticString {
    package func isSame(as other: StaticString) -> Bool {
        if unsafe utf8Start == other.utf8Start { return true }
        guard utf8CodeUnitCount == other.utf8CodeUnitCount else { return false }
        return unsafe Bytes(utf8Start, count: utf8CodeUnitCount) == other
    }
}

/// Why a row can't be used: where in the row, and what was expected there.
package struct RowFailure: Error, Equatable {
    /// The byte offset in the row.
    package var offset: Int
    package var expected: String
    package var kind: RowFault = .malformed

    package init(offset: Int, expected: String, kind: RowFault = .malformed) {
        (self.offset, self.expected, self.kind) = (offset, expected, kind)
    }
}

/// What is wrong with a row or a frame, in the words that a summary counts them under.
public enum RowFault: String, Hashable, Sendable, CaseIterable {
    case malformed, offGrid = "off the grid", outOfRange = "out of range", wrongClock = "wrong clock"
}
