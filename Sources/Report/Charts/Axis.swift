internal import Market

/// Round numbers along a range.
enum Axis {
    /// About `count` multiples of 1, 2 or 5 × 10ⁿ within the range.
    static func ticks(_ range: ClosedRange<Double>, count: Int = 5) -> [Double] {
        let span = range.upperBound - range.lowerBound
        guard span > 0, span.isFinite else { return [range.lowerBound] }
        let step = niceStep(span / Double(count))
        var ticks: [Double] = []
        var index = (range.lowerBound / step - 1e-9).rounded(.up)
        while index * step <= range.upperBound + step * 1e-9, ticks.count < 4 * count {
            ticks.append(index * step)
            index += 1
        }
        return ticks
    }

    private static func niceStep(_ rough: Double) -> Double {
        var power = 1.0
        while power * 10 <= rough { power *= 10 }
        while power > rough { power /= 10 }
        let lead = rough / power
        return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10)
    }

    /// The number with as many decimals as the spacing of its neighbours needs.
    static func label(_ value: Double, spacing: Double) -> String {
        var decimals = 0
        var unit = 1.0
        while unit > spacing * 1.0001, decimals < 9 {
            unit /= 10
            decimals += 1
        }
        return fixed(value, decimals: decimals)
    }

    /// `value` with a fixed number of decimals, rounded half away from zero; the same text on every machine.
    static func fixed(_ value: Double, decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value * scale).rounded()
        guard scaled.isFinite, abs(scaled) < 9e18 else { return "–" }
        return Decimal.text(Int64(scaled), decimals: decimals, minimum: decimals)
    }

    /// Times at round UTC steps within the range, with labels.
    static func times(_ range: ClosedRange<Int64>, count: Int = 6) -> [(time: Int64, label: String)] {
        let second: Int64 = 1_000_000_000
        let steps: [Int64] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400]
        let span = (range.upperBound - range.lowerBound) / second
        var step = steps.first { span / $0 <= Int64(count) } ?? (span / Int64(count) / 86_400 + 1) * 86_400
        step *= second
        var result: [(Int64, String)] = []
        var time = (range.lowerBound + step - 1) / step * step
        while time <= range.upperBound {
            let text = Timestamp(nanoseconds: time).iso8601
            let label =
                step >= 86_400 * second
                ? text.prefix(10) : step >= 60 * second ? text.dropFirst(11).prefix(5) : text.dropFirst(11).prefix(8)
            result.append((time, String(label)))
            time += step
        }
        return result
    }
}
