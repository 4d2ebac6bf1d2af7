public import Market

/// The state of a stream between us and a venue.
public struct ConnectionEvent: Hashable, BitwiseCopyable, Sendable {
    public enum Stream: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable { case market, account, orders }
    public enum Change: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable { case up, down, stalled, resumed }

    public var venue: VenueID
    public var stream: Stream
    public var change: Change
    public var time: Timestamp

    public init(venue: VenueID, stream: Stream, change: Change, time: Timestamp) {
        self.venue = venue
        self.stream = stream
        self.change = change
        self.time = time
    }
}

/// What a person, or a program on their behalf, tells a running core.
public enum OperatorEvent: Hashable, BitwiseCopyable, Sendable {
    /// Stop strategies in order, cancel their orders, keep positions.
    case stop
    case kill(KillLevel)
    case flatten
    /// No new risk for now: what is quoted is withdrawn, and nothing is quoted until `release`. Hedges, reductions and cancels go on.
    case hold
    case release
    case set(ParameterChange)
}

/// How much is stopped; each level includes the ones before it.
public enum KillLevel: UInt8, Hashable, Comparable, BitwiseCopyable, Sendable, CaseIterable {
    case stopQuoting = 1, cancelAll, reduceOnly, flatten

    public static func < (lhs: KillLevel, rhs: KillLevel) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// All that can enter the core; an index into time together with `now`, it decides everything that leaves it.
public enum CoreInput: Hashable, BitwiseCopyable, Sendable {
    case market(MarketEvent)
    case account(AccountEvent)
    case connection(ConnectionEvent)
    case wake
    case `operator`(OperatorEvent)
}
