internal import Market

/// When a recorder goes on in another tape.
public struct RecorderRotation: Hashable, Sendable {
    /// At each midnight, UTC.
    public var isDaily = true
    /// When the file has that many bytes; nil: never.
    public var bytes: Int64?

    public init(isDaily: Bool = true, bytes: Int64? = nil) {
        self.isDaily = isDaily
        self.bytes = bytes
    }

    func isDue(opened: Timestamp, now: Timestamp, size: Int64) -> Bool {
        if let bytes, size >= bytes { return true }
        let day = Nanoseconds.hours(24).count
        return isDaily && opened.nanoseconds / day != now.nanoseconds / day
    }
}
