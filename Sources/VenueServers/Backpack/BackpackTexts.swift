internal import Market

/// Numbers and times as Backpack writes them.
enum BackpackTexts {
    /// 10⁻⁹ without trailing zeros, as REST writes amounts.
    static func decimal(_ nanos: Int64) -> String { Decimal.text(nanos, decimals: 9) }
    static func amount(_ nanos: Int64) -> JSONValue { .text(decimal(nanos)) }

    /// One number over another with nine decimals; "0" over nothing.
    static func ratio(_ numerator: Int64, _ denominator: Int64) -> String {
        guard denominator != 0 else { return "0" }
        let sign: Int128 = denominator < 0 ? -1 : 1
        return decimal(roundedQuotient(sign * Int128(numerator) * 1_000_000_000, Int128(denominator.magnitude)))
    }

    /// In steps of 10⁻⁶, cut and not rounded: how profits are shown.
    static func cut(_ nanos: Int64) -> String { decimal(nanos / 1_000 * 1_000) }

    static func microseconds(_ time: Timestamp) -> Int64 { floorQuotient(time.nanoseconds, 1_000) }
    static func milliseconds(_ time: Timestamp) -> Int64 { floorQuotient(time.nanoseconds, 1_000_000) }

    /// `2026-09-01T17:54:04.094`, UTC without a zone; without the fraction where it is zero.
    static func calendar(_ time: Timestamp, separator: Character = "T") -> String {
        let cut = Timestamp(nanoseconds: milliseconds(time) * 1_000_000)
        var text = cut.iso8601
        text.removeLast()
        if text.contains(".") { text.removeLast(6) }
        return separator == "T" ? text : text.replacing("T", with: String(separator))
    }

    static func side(_ side: Side) -> JSONValue { .text(side == .buy ? "Bid" : "Ask") }

    /// How many decimals a count of 10⁻⁹ needs.
    static func decimals(_ step: Int64) -> Int {
        var (rest, decimals) = (step, 9)
        while decimals > 0, rest.isMultiple(of: 10) { (rest, decimals) = (rest / 10, decimals - 1) }
        return decimals
    }
}
