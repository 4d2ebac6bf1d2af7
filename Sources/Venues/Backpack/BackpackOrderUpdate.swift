package import Market

/// What the stream of orders tells of one of ours. Amounts are 10⁻⁹ of base or quote currency; `Bytes` are slices of the frame.
package struct BackpackOrderUpdate {
    package enum Kind: Hashable, Sendable, CaseIterable {
        case accepted, fill, cancelled, expired, modified, triggerPlaced, triggerFailed

        /// nil for an event of something else than an order.
        init?(_ event: Bytes) {
            if event == "orderAccepted" {
                self = .accepted
            } else if event == "orderFill" {
                self = .fill
            } else if event == "orderCancelled" {
                self = .cancelled
            } else if event == "orderExpired" {
                self = .expired
            } else if event == "orderModified" {
                self = .modified
            } else if event == "triggerPlaced" {
                self = .triggerPlaced
            } else if event == "triggerFailed" {
                self = .triggerFailed
            } else {
                return nil
            }
        }
    }

    package struct Execution {
        package var price: Int64
        package var size: Int64
        package var trade: Int64
        package var isMaker: Bool
        /// Positive is a cost.
        package var fee: Int64
        package var feeAsset: Bytes
    }

    /// The venue's number.
    package var id: Int64
    /// Ours; nil where the venue leaves it out, as it may.
    package var client: UInt32?
    package var symbol: Bytes
    package var side: Side
    /// Of a limit order.
    package var price: Int64?
    package var quantity: Int64
    package var executed: Int64
    /// Of a fill.
    package var execution: Execution?
    /// Why an order expired, as the venue spells it.
    package var reason: Bytes?
    /// Placed by the venue, not by us: a liquidation, deleveraging or conversion.
    package var isForced: Bool
    package var happenedAt: Timestamp

    init(_ fields: BackpackFields) throws(RowFailure) {
        id = try fields.integer("i")
        if fields["c"] != nil {
            let number = try fields.integer("c")
            guard let client = UInt32(exactly: number) else {
                throw RowFailure(offset: fields.offset("c"), expected: "a client id of 32 bits", kind: .outOfRange)
            }
            self.client = client
        }
        symbol = try fields.text("s")
        side = try fields.side("S")
        price = fields["p"] == nil ? nil : try fields.decimal("p")
        quantity = fields["q"] == nil ? 0 : try fields.decimal("q")
        executed = try fields.decimal("z")
        if fields["l"] != nil {
            execution = Execution(
                price: try fields.decimal("L"), size: try fields.decimal("l"), trade: try fields.integer("t"),
                isMaker: try fields.flag("m"), fee: try fields.decimal("n"), feeAsset: try fields.text("N"))
        }
        reason = fields["R"]
        isForced = fields["O"].map { $0 != "USER" } ?? false
        happenedAt = try fields.time("T")
    }
}
