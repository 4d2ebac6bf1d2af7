public import Market

/// What must be hedged, from confirmed fills alone: the only source of truth of one hedge group.
///
/// All amounts are 10⁻⁹ of the base currency, signed. `need = −(pending + in flight)`: nothing is hedged that did not fill,
/// and nothing twice. Fills enter whatever state their order is in, late ones too; the core hands each in once.
public struct ExposureLedger: Hashable, Sendable {
    /// Σ fills of the maker leg.
    public private(set) var maker: Int64 = 0
    /// Σ fills of the other legs.
    public private(set) var hedge: Int64 = 0
    /// The net exposure that is wanted.
    public var target: Int64 = 0
    /// Since when the exposure has been off the target; nil while it is on it.
    public private(set) var since: Timestamp?

    public init() {}

    public var pending: Int64 { maker + hedge - target }

    public func need(inFlight: Int64) -> Int64 { -(pending + inFlight) }

    public mutating func addMaker(_ base: Int64, at time: Timestamp) {
        maker += base
        touch(time)
    }

    public mutating func addHedge(_ base: Int64, at time: Timestamp) {
        hedge += base
        touch(time)
    }

    private mutating func touch(_ time: Timestamp) {
        if pending == 0 { since = nil } else if since == nil { since = time }
    }

    /// Treats what is left, which no order can be made for, as on target: the caller says so in its report.
    public mutating func settle(at time: Timestamp) {
        target += pending
        touch(time)
    }
}
