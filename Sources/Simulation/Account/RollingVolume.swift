internal import Market

/// What was traded in the last 30 days, by the hour.
struct RollingVolume {
    private static let hour = Nanoseconds.hours(1).count
    private static let window: Int64 = 30 * 24

    private let seed: Int64
    private var firstHour: Int64?
    /// Oldest first.
    private var hours: ContiguousArray<(hour: Int64, amount: Int64)> = []

    /// - Parameter seed: Traded in the 30 days before the first hour, evenly.
    init(seed: Int64) { self.seed = seed }

    mutating func add(_ amount: Int64, at time: Timestamp) {
        let hour = floorQuotient(time.nanoseconds, Self.hour)
        if firstHour == nil { firstHour = hour }
        if let last = hours.last, last.hour == hour { hours[hours.count - 1].amount += amount } else { hours.append((hour, amount)) }
        hours.removeAll { $0.hour < hour - Self.window }
    }

    /// In the 30 days before `time`, which is a full hour.
    func sum(before time: Timestamp) -> Int64 {
        let end = floorQuotient(time.nanoseconds, Self.hour)
        let recent = hours.reduce(Int64(0)) { $0 + ($1.hour < end && $1.hour >= end - Self.window ? $1.amount : 0) }
        let elapsed = max(0, end - (firstHour ?? end))
        return recent + Int64(Int128(seed) * Int128(max(0, Self.window - elapsed)) / Int128(Self.window))
    }
}
