/// Decimal text to integers and back: the only place where the two meet. No binary floating point in between.
public enum Decimal {
    public enum Failure: Error, Equatable, Sendable {
        /// Empty, or something else than `[+-]digits[.digits]`.
        case malformed
        /// More decimals than the scale holds, other than zeros.
        case tooPrecise
        case outOfRange
    }

    /// Reads `[+-]digits[.digits]` as a count of 10^-`decimals`.
    ///
    /// - Throws: `Failure` when the text is not a decimal, or not a whole number of 10^-`decimals`.
    public static func parse(_ text: some Collection<UInt8>, decimals: Int) throws(Failure) -> Int64 {
        var result: Int64 = 0
        var seenDigit = false
        var fraction: Int?
        var negative = false
        var isFirst = true
        for byte in text {
            defer { isFirst = false }
            switch byte {
            case 0x30...0x39:
                seenDigit = true
                let digit = Int64(byte &- 0x30)
                if let taken = fraction {
                    if taken == decimals {
                        guard digit == 0 else { throw .tooPrecise }
                        continue
                    }
                    fraction = taken + 1
                }
                let (product, overflow) = result.multipliedReportingOverflow(by: 10)
                let (sum, overflow2) = product.addingReportingOverflow(digit)
                guard !overflow, !overflow2 else { throw .outOfRange }
                result = sum
            case 0x2E where fraction == nil:
                fraction = 0
            case 0x2D where isFirst:
                negative = true
            case 0x2B where isFirst:
                continue
            default:
                throw .malformed
            }
        }
        guard seenDigit else { throw .malformed }
        for _ in (fraction ?? 0)..<max(decimals, fraction ?? 0) {
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw .outOfRange }
            result = product
        }
        return negative ? -result : result
    }

    /// Reads decimal text as a count of 10^-`decimals`.
    public static func parse(_ text: some StringProtocol, decimals: Int) throws(Failure) -> Int64 {
        try parse(Array(text.utf8), decimals: decimals)
    }

    /// Prints a count of 10^-`decimals` with trailing zeros removed, keeping at least `minimum` decimals.
    public static func text(_ value: Int64, decimals: Int, minimum: Int = 0) -> String {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: decimals + 24) { digits in
            // From the last digit to the first.
            var (rest, start) = (value.magnitude, digits.count)
            func put(_ byte: UInt8) {
                start -= 1
                unsafe digits[start] = byte
            }
            for place in 0..<decimals {
                let digit = UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
                if digit > 0 || start < digits.count || place >= decimals - minimum { put(0x30 + digit) }
            }
            if start < digits.count { put(0x2E) }
            repeat {
                put(0x30 + UInt8(truncatingIfNeeded: rest % 10))
                rest /= 10
            } while rest > 0
            if value < 0 { put(0x2D) }
            return unsafe String(decoding: UnsafeBufferPointer(rebasing: digits[start...]), as: UTF8.self)
        }
    }
}

extension FinePrice: CustomStringConvertible {
    public var description: String { Decimal.text(nanos, decimals: 9) }
}

extension Money: CustomStringConvertible {
    public var description: String { "\(Decimal.text(nanos, decimals: 9)) \(currency)" }
}

extension Rate: CustomStringConvertible {
    public var description: String { Decimal.text(trillionths, decimals: 12) }
}

extension Instrument {
    /// A price as decimal text of the quote currency.
    public func text(_ price: Price) -> String { finePrice(price).description }
    /// A quantity as decimal text of the venue's unit: base currency, or contracts.
    public func text(_ quantity: Quantity) -> String { Decimal.text(quantity.lots * lotSize, decimals: 9) }
}
