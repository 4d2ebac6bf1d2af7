internal import Market

/// The standard normal numbers that drawn latencies follow, one account's in one direction, each correlated with the last as
/// `LatencyModel.Bursts` says.
struct Congestion {
    private var random: SeededGenerator
    private var last: (time: Timestamp, number: Double)?

    init(_ random: SeededGenerator) { self.random = random }

    /// - Parameter now: When the message leaves.
    mutating func next(_ bursts: LatencyModel.Bursts?, at now: Timestamp) -> Double {
        var number = random.normal()
        if let bursts, let last {
            let age = Double(max((now - last.time).count, 0)) / Double(bursts.decay.count)
            let share = Double(bursts.correlation.trillionths) / Double(Rate.scale) * Fractional.exponential(-age)
            number = share * last.number + (1 - share * share).squareRoot() * number
        }
        last = (now, number)
        return number
    }
}

extension SeededGenerator {
    /// A standard normal number, by the polar method.
    mutating func normal() -> Double {
        while true {
            let (x, y) = (signedUnit(), signedUnit())
            let square = x * x + y * y
            if square > 0, square < 1 { return x * (-2 * Fractional.logarithm(square) / square).squareRoot() }
        }
    }

    /// From −1 to, not including, 1, in steps of 2⁻⁵².
    private mutating func signedUnit() -> Double { Double(Int64(bitPattern: next()) >> 11) * 0x1p-52 }
}
