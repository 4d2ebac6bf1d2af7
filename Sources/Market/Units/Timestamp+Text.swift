extension Timestamp {
    /// The instant as `2024-08-08T23:54:16.299000000Z`, without the fraction where it is zero.
    public var iso8601: String {
        let seconds = floorQuotient(nanoseconds, 1_000_000_000)
        let fraction = nanoseconds - seconds * 1_000_000_000
        let days = floorQuotient(seconds, 86_400)
        let (year, month, day) = Self.civil(days)
        let rest = seconds - days * 86_400
        var text: [UInt8] = []
        text.reserveCapacity(30)
        func put(_ value: Int64, _ width: Int, _ separator: UInt8) {
            var scale: Int64 = 1
            for _ in 1..<width { scale *= 10 }
            while scale > 0 {
                text.append(0x30 + UInt8(truncatingIfNeeded: value / scale % 10))
                scale /= 10
            }
            text.append(separator)
        }
        put(year, 4, 0x2D)
        put(month, 2, 0x2D)
        put(day, 2, 0x54)
        put(rest / 3_600, 2, 0x3A)
        put(rest / 60 % 60, 2, 0x3A)
        put(rest % 60, 2, fraction == 0 ? 0x5A : 0x2E)
        if fraction > 0 { put(fraction, 9, 0x5A) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads `YYYY-MM-DD`, `YYYY-MM-DDThh:mm[:ss[.fraction]]` with an optional `Z` or `±hh:mm`; without a zone it is UTC.
    public init?(iso8601 text: some StringProtocol) {
        var reader = FieldReader(Array(text.utf8))
        guard let year = reader.digits(4), reader.take(0x2D), let month = reader.digits(2), reader.take(0x2D), let day = reader.digits(2),
            (1...12).contains(month), day >= 1, day <= Self.daysInMonth(year, month)
        else { return nil }
        var (seconds, fraction): (Int64, Int64) = (Self.days(year, month, day) * 86_400, 0)
        if reader.take(0x54) || reader.take(0x20) {
            guard let hour = reader.digits(2), reader.take(0x3A), let minute = reader.digits(2), hour < 24, minute < 60 else { return nil }
            seconds += hour * 3_600 + minute * 60
            if reader.take(0x3A) {
                guard let second = reader.digits(2), second < 60 else { return nil }
                seconds += second
                if reader.take(0x2E) {
                    guard let read = reader.fraction() else { return nil }
                    fraction = read
                }
            }
            if !reader.take(0x5A), !reader.isAtEnd {
                let sign: Int64
                if reader.take(0x2B) { sign = 1 } else if reader.take(0x2D) { sign = -1 } else { return nil }
                guard let hour = reader.digits(2), reader.take(0x3A), let minute = reader.digits(2), hour < 24, minute < 60 else {
                    return nil
                }
                seconds -= sign * (hour * 3_600 + minute * 60)
            }
        }
        guard reader.isAtEnd else { return nil }
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return nil }
        nanoseconds = product + fraction
    }

    private struct FieldReader {
        private let bytes: [UInt8]
        private var at = 0
        init(_ bytes: [UInt8]) { self.bytes = bytes }
        var isAtEnd: Bool { at == bytes.count }

        mutating func take(_ byte: UInt8) -> Bool {
            guard at < bytes.count, bytes[at] == byte else { return false }
            at += 1
            return true
        }

        mutating func digits(_ count: Int) -> Int64? {
            guard at + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[at..<at + count] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            at += count
            return value
        }

        /// One to nine digits as nanoseconds.
        mutating func fraction() -> Int64? {
            var (value, count): (Int64, Int) = (0, 0)
            while at < bytes.count, (0x30...0x39).contains(bytes[at]), count < 9 {
                value = value * 10 + Int64(bytes[at] - 0x30)
                at += 1
                count += 1
            }
            guard count > 0 else { return nil }
            for _ in count..<9 { value *= 10 }
            return value
        }
    }

    /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, counted in eras of 400 years from March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorQuotient(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = floorQuotient(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func daysInMonth(_ year: Int64, _ month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
