public import Market
internal import Foundation

/// The time of day, by a clock that is never set back while the process runs.
public struct WallClock: Sendable {
    private let start: Timestamp
    private let monotonicStart: Int64

    public init() {
        start = Timestamp(nanoseconds: Self.read(CLOCK_REALTIME))
        monotonicStart = Self.read(CLOCK_MONOTONIC)
    }

    public var now: Timestamp { start + Nanoseconds(count: monotonic - monotonicStart) }
    /// Nanoseconds since an unknown instant.
    public var monotonic: Int64 { Self.read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
