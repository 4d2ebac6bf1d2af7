/// How an account's messages travel: latency there and back, what holds them up at the venue's door, and their lanes.
public struct ConnectionModel: Hashable, Sendable {
    public var entry: EntryLatency
    /// From the venue's matching to our receiving.
    public var response: LatencyModel
    /// nil where nothing is held up.
    public var speedBumps: SpeedBumps?
    /// Whether post-only orders with all amends, other orders, and cancels with all else have a lane each, as with an API key
    /// for each; within a lane what was sent first arrives first, and what is held up holds up what follows.
    public var separatesLanes: Bool
    /// What travels as one request; nil: each does alone.
    public var batches: BatchRule?

    public init(
        entry: EntryLatency, response: LatencyModel, speedBumps: SpeedBumps? = nil, separatesLanes: Bool = false, batches: BatchRule? = nil
    ) {
        self.entry = entry
        self.response = response
        self.speedBumps = speedBumps
        self.separatesLanes = separatesLanes
        self.batches = batches
    }

    /// The same latency for every request, the same for every report, and no speed bump.
    public static func constant(entry: Nanoseconds, response: Nanoseconds) -> ConnectionModel {
        ConnectionModel(entry: EntryLatency(.constant(entry)), response: .constant(response))
    }
}
