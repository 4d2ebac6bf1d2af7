import Market
import Venues

/// A row of hftbacktest's array of events: 64 bytes, little-endian (its `event_dtype`; version 2).
///
/// Ours carry in `ival` the record's `detail`, in `fval` 256 + the record's flags, so that they become the same records again; both are
/// fields that hftbacktest does not look at. Kinds that it has none for have 192 + ours and, as best quotes, neither of the
/// bits that make it process a row; their price stands in `order_id`, for it need not be one that a `Double` holds.
struct EventRow: Equatable {
    static let size = 64
    /// How NumPy's header describes the fields.
    static let fields = [
        "('ev','<u8')", "('exch_ts','<i8')", "('local_ts','<i8')", "('px','<f8')", "('qty','<f8')", "('order_id','<u8')", "('ival','<i8')",
        "('fval','<f8')",
    ]

    static let depth: UInt64 = 1
    static let trade: UInt64 = 2
    static let clear: UInt64 = 3
    static let snapshot: UInt64 = 4
    static let bestQuote: UInt64 = 5
    static let addOrder: UInt64 = 10
    static let cancelOrder: UInt64 = 11
    static let modifyOrder: UInt64 = 12
    static let fillOrder: UInt64 = 13
    static let ours: UInt64 = 192
    static let sell: UInt64 = 1 << 28
    static let buy: UInt64 = 1 << 29
    static let local: UInt64 = 1 << 30
    static let exchange: UInt64 = 1 << 31
    static let flagBase = 256.0

    var event: UInt64
    var venueTime: Int64
    var receiveTime: Int64
    var price = 0.0
    var quantity = 0.0
    var orderID: UInt64 = 0
    var detail: Int64 = 0
    /// 0 in rows of others.
    var flags = 0.0

    init(event: UInt64, venueTime: Int64, receiveTime: Int64) {
        self.event = event
        self.venueTime = venueTime
        self.receiveTime = receiveTime
    }

    var kind: UInt64 { event & 0xFF }

    func append(to bytes: inout [UInt8]) {
        let words: [UInt64] = [
            event, UInt64(bitPattern: venueTime), UInt64(bitPattern: receiveTime), price.bitPattern, quantity.bitPattern, orderID,
            UInt64(bitPattern: detail), flags.bitPattern,
        ]
        for word in words { for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) } }
    }

    /// - Precondition: 64 bytes.
    init(_ row: Bytes) {
        func word(_ index: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(row[8 * index + $1]) << UInt64(8 * $1) } }
        event = word(0)
        venueTime = Int64(bitPattern: word(1))
        receiveTime = Int64(bitPattern: word(2))
        price = Double(bitPattern: word(3))
        quantity = Double(bitPattern: word(4))
        orderID = word(5)
        detail = Int64(bitPattern: word(6))
        flags = Double(bitPattern: word(7))
    }
}
