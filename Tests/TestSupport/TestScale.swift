internal import Foundation

/// How much the tests that scale do: `MMSIM_TEST_SCALE`, 1 unless it is set.
public enum TestScale {
    public static let factor: Double = ProcessInfo.processInfo.environment["MMSIM_TEST_SCALE"].flatMap(Double.init) ?? 1

    /// The first seeds of a property: `count` of them at scale 1, never fewer than one.
    public static func seeds(_ count: Int) -> Range<UInt64> { 0..<UInt64(max(1, (Double(count) * factor).rounded())) }
}
