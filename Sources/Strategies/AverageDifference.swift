internal import Market

/// An average of a difference, weighted towards the present; whole numbers throughout.
struct AverageDifference {
    private let halfLife: Nanoseconds
    private var last: (value: Int64, time: Timestamp)?

    init(halfLife: Nanoseconds) { self.halfLife = halfLife }

    var value: Int64? { last?.value }

    /// The old average loses dt ÷ (dt + half-life × 1.44) of its weight: the rational neighbour of the exponential.
    mutating func add(_ difference: Int64, at time: Timestamp) {
        guard let (value, since) = last else {
            last = (difference, time)
            return
        }
        let elapsed = Int128(max(0, (time - since).count))
        let step = Int128(difference - value) * elapsed / (elapsed + Int128(halfLife.count) * 144 / 100 + 1)
        // A step too small to count waits until enough time has passed.
        if step != 0 || difference == value { last = (value + Int64(step), time) }
    }
}
