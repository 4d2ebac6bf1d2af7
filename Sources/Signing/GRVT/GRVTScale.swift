/// Decimal text as the integers that GRVT signs: exact, truncated towards zero, never through binary floating point.
public enum GRVTScale {
    /// Decimals of every price.
    public static let priceDecimals = 9
    /// Decimals of a builder's fee, in percent.
    public static let feeDecimals = 4

    /// `text` × 10^decimals, its further digits cut off.
    ///
    /// - Returns: Nothing for text that is no plain decimal of zero or more, or a number past 64 bits.
    public static func integer(_ text: some StringProtocol, decimals: Int) -> UInt64? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }) else { return nil }
        let fraction = parts.count == 2 ? parts[1].prefix(decimals) : parts[0].prefix(0)
        let digits = Array(parts[0]) + Array(fraction) + [UInt8](repeating: UInt8(ascii: "0"), count: decimals - fraction.count)
        var number: UInt64 = 0
        for digit in digits {
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            number = sum
        }
        return number
    }

    private static func isDigit(_ character: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) }
}
