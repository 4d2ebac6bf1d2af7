internal import Market

/// Forced orders of one side in a row, as a feed tells of them: by trades that are marked, by a stream of their own, or both.
struct ForcedFlow {
    /// How long after the last of them it is over.
    private let memory: Nanoseconds
    /// Whether they sell or buy.
    private(set) var side: Side?
    private var traded: Int64 = 0
    private var ordered: Int64 = 0
    private var last = Timestamp.distantPast

    init(memory: Nanoseconds) { self.memory = memory }

    /// - Parameter base: Its size in 10⁻⁹ of the base currency, positive.
    mutating func add(_ event: MarketEvent, base: Int64, at time: Timestamp) {
        guard event.kind == .liquidation || event.flags.contains(.liquidation) else { return }
        if event.side != side || time > last + memory { (side, traded, ordered) = (event.side, 0, 0) }
        last = time
        if event.kind == .liquidation { ordered += base } else { traded += base }
    }

    /// What has been forced so far, in 10⁻⁹ of the base currency; 0 once it is over. The two tell of the same orders.
    func amount(at time: Timestamp) -> Int64 { last != .distantPast && time <= last + memory ? max(traded, ordered) : 0 }
}
