package import Market

/// Reads decimal text as a count of 10^-`decimals`; `offset` is its place in the row.
package func parseDecimal(_ text: Bytes, decimals: Int = 9, at offset: Int) throws(RowFailure) -> Int64 {
    if let value = text.shortDecimal(decimals) { return value }
    let result: Result<Int64, Decimal.Failure> = unsafe text.withBuffer { buffer in
        do throws(Decimal.Failure) { return .success(try unsafe Decimal.parse(buffer, decimals: decimals)) } catch {
            return .failure(error)
        }
    }
    switch result {
    case .success(let value): return value
    case .failure(.malformed): throw RowFailure(offset: offset, expected: "a decimal")
    case .failure(.tooPrecise): throw RowFailure(offset: offset, expected: "at most \(decimals) decimals", kind: .offGrid)
    case .failure(.outOfRange): throw RowFailure(offset: offset, expected: "a number that fits 64 bits", kind: .outOfRange)
    }
}

/// Reads decimal text as a count of 10^-`decimals`, rounded half to even: for averages and rates, which venues print with more
/// digits than anything can be counted in.
package func parseLongDecimal(_ text: Bytes, decimals: Int, at offset: Int) throws(RowFailure) -> Int64 {
    guard let point = text.firstIndex(of: 0x2E), text.count - point - 1 > decimals else {
        return try parseDecimal(text, decimals: decimals, at: offset)
    }
    let (kept, rest) = (text.slice(0, point + 1 + decimals), text.dropping(point + 1 + decimals))
    var isMore = false
    for index in 0..<rest.count {
        guard rest[index] &- 0x30 < 10 else { throw RowFailure(offset: offset, expected: "a decimal") }
        if index > 0, rest[index] != 0x30 { isMore = true }
    }
    let value = try parseDecimal(kept, decimals: decimals, at: offset)
    let first = rest[0] - 0x30
    guard first > 5 || (first == 5 && (isMore || value % 2 != 0)) else { return value }
    return text[0] == 0x2D ? value - 1 : value + 1
}

package func parseInteger(_ text: Bytes, at offset: Int) throws(RowFailure) -> Int64 {
    guard text.firstIndex(of: 0x2E) == nil else { throw RowFailure(offset: offset, expected: "a whole number") }
    return try parseDecimal(text, decimals: 0, at: offset)
}

/// Nanoseconds since 1970 from a count of `unit` nanoseconds.
package func parseTime(_ count: Int64, unit: Int64, at offset: Int) throws(RowFailure) -> Timestamp {
    let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit)
    // Some hours below the limit of 64 bits, so that a zone or an interval may be added.
    guard !overflow, nanoseconds >= 0, nanoseconds < 9_200_000_000_000_000_000 else {
        throw RowFailure(offset: offset, expected: "a time between 1970 and 2262", kind: .outOfRange)
    }
    return Timestamp(nanoseconds: nanoseconds)
}

/// `YYYY-MM-DD hh:mm:ss[.fraction]` (or with `T`) as nanoseconds since 1970, read as UTC.
package func parseCalendarTime(_ text: Bytes, at offset: Int) throws(RowFailure) -> Timestamp {
    func number(_ start: Int, _ length: Int, _ range: ClosedRange<Int64>) throws(RowFailure) -> Int64 {
        guard start + length <= text.count else { throw RowFailure(offset: offset, expected: "YYYY-MM-DD hh:mm:ss") }
        let value = try parseInteger(text.slice(start, start + length), at: offset + start)
        guard range.contains(value) else {
            throw RowFailure(offset: offset + start, expected: "\(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
    func separator(_ index: Int, _ allowed: UInt8...) throws(RowFailure) {
        guard index < text.count, allowed.contains(text[index]) else {
            throw RowFailure(offset: offset + index, expected: "YYYY-MM-DD hh:mm:ss")
        }
    }
    let (year, month, day) = (try number(0, 4, 1970...2261), try number(5, 2, 1...12), try number(8, 2, 1...31))
    let (hour, minute, second) = (try number(11, 2, 0...23), try number(14, 2, 0...59), try number(17, 2, 0...59))
    try separator(4, 0x2D)
    try separator(7, 0x2D)
    try separator(10, 0x20, 0x54)
    try separator(13, 0x3A)
    try separator(16, 0x3A)
    var nanoseconds: Int64 = 0
    if text.count > 19 {
        try separator(19, 0x2E)
        let fraction = text.dropping(20)
        guard (1...9).contains(fraction.count) else { throw RowFailure(offset: offset + 20, expected: "1 to 9 decimals of a second") }
        nanoseconds = try parseInteger(fraction, at: offset + 20)
        for _ in fraction.count..<9 { nanoseconds *= 10 }
    }
    // Days since 1970 in the proleptic Gregorian calendar; the year begins in March so that leap days come last.
    let (shiftedYear, shiftedMonth) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
    let (era, yearOfEra) = (shiftedYear / 400, shiftedYear % 400)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + (153 * shiftedMonth + 2) / 5 + day - 1
    let days = era * 146_097 + dayOfEra - 719_468
    return Timestamp(nanoseconds: (days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000_000 + nanoseconds)
}

/// Reads a decimal that a program printed from a binary floating-point number (`236.28999999999999`, `9.2e-06`) as the
/// nearest count of 10^-`decimals`.
///
/// - Throws: When the text is further from a whole count than the 17 digits of such a number explain.
package func parseBinaryDecimal(_ text: Bytes, decimals: Int, at offset: Int) throws(RowFailure) -> Int64 {
    var (digits, fraction, exponent, significant) = (Int128(0), 0, 0, 0)
    var isFraction = false
    var index = 0
    while index < text.count {
        let byte = text[index]
        switch byte {
        case 0x30...0x39:
            guard significant < 24 else { throw RowFailure(offset: offset, expected: "at most 24 digits", kind: .outOfRange) }
            digits = digits * 10 + Int128(byte - 0x30)
            if digits > 0 { significant += 1 }
            if isFraction { fraction += 1 }
        case 0x2E where !isFraction: isFraction = true
        case 0x65, 0x45:
            let value = try parseInteger(text.dropping(index + 1), at: offset + index + 1)
            guard abs(value) <= 30 else { throw RowFailure(offset: offset, expected: "an exponent within ±30", kind: .outOfRange) }
            exponent = Int(value)
            index = text.count
        default: throw RowFailure(offset: offset + index, expected: "a decimal")
        }
        index += 1
    }
    var shift = decimals + exponent - fraction
    while shift > 0 {
        let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
        guard !overflow else { throw RowFailure(offset: offset, expected: "a number that fits 64 bits", kind: .outOfRange) }
        digits = product
        shift -= 1
    }
    var scale = Int128(1)
    while shift < 0 {
        guard scale < Int128(1) << 100 else {
            guard digits == 0 else { throw RowFailure(offset: offset, expected: "at most \(decimals) decimals", kind: .offGrid) }
            return 0
        }
        scale *= 10
        shift += 1
    }
    let (quotient, remainder) = (digits + scale / 2).quotientAndRemainder(dividingBy: scale)
    // Half a unit in the 15th significant digit: twice what printing 17 digits of a 53-bit number can be off.
    let distance = (remainder - scale / 2).magnitude
    guard significant < 15 ? distance == 0 : distance <= digits.magnitude / 1_000_000_000_000_000 + 1 else {
        throw RowFailure(offset: offset, expected: "at most \(decimals) decimals", kind: .offGrid)
    }
    guard let value = Int64(exactly: quotient) else {
        throw RowFailure(offset: offset, expected: "a number that fits 64 bits", kind: .outOfRange)
    }
    return value
}
