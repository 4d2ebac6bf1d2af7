package import Market

/// Readers of what Backpack's REST interface answers. Amounts are 10⁻⁹ of base or quote currency unless said otherwise.
package enum BackpackAnswers {
    /// How an order stands, as every order endpoint tells it.
    package struct Order: Hashable, Sendable {
        package enum Status: String, Sendable, CaseIterable {
            case new = "New", partiallyFilled = "PartiallyFilled", filled = "Filled", cancelled = "Cancelled", expired = "Expired"
            case triggerPending = "TriggerPending", triggerFailed = "TriggerFailed", triggered = "Triggered"

            package var isOpen: Bool { self == .new || self == .partiallyFilled || self == .triggerPending || self == .triggered }
        }

        package var id: Int64 = 0
        package var client: UInt32?
        package var symbol = ""
        package var side = Side.buy
        package var status = Status.new
        package var price: Int64?
        package var quantity: Int64 = 0
        package var executed: Int64 = 0
        /// Of the history alone, as the venue spells it.
        package var reason: String?
    }

    package struct Fill: Hashable, Sendable {
        /// nil for what the venue did by itself.
        package var trade: Int64?
        package var order: Int64 = 0
        package var client: UInt32?
        package var symbol = ""
        package var side = Side.buy
        package var price: Int64 = 0
        package var quantity: Int64 = 0
        package var fee: Int64 = 0
        package var feeAsset = ""
        package var isMaker = false
        /// What the venue forced: its name of the kind.
        package var system: String?
        package var time = Timestamp(nanoseconds: 0)
    }

    package struct Position: Hashable, Sendable {
        package var symbol = ""
        package var quantity: Int64 = 0
        package var entry: Int64 = 0
    }

    package struct Holding: Hashable, Sendable {
        package var asset = ""
        package var total: Int64 = 0
    }

    package struct Payment: Hashable, Sendable {
        package var symbol = ""
        /// Positive if received.
        package var amount: Int64 = 0
        /// In 10⁻¹².
        package var rate: Int64 = 0
        package var settledAt = Timestamp(nanoseconds: 0)
    }

    /// A deposit or a withdrawal.
    package struct Transfer: Hashable, Sendable {
        package var id: Int64 = 0
        package var asset = ""
        /// Positive.
        package var quantity: Int64 = 0
        /// Whether the account has it, or has it no more: others wait, or came to nothing.
        package var isConfirmed = false
        package var createdAt = Timestamp(nanoseconds: 0)
    }

    package struct Depth: Hashable, Sendable {
        package var last: Int64 = 0
        package var time = Timestamp(nanoseconds: 0)
        package var levels: [BackpackLevel] = []
    }

    package struct Refusal: Hashable, Sendable {
        package var code = ""
        package var message = ""

        package init(code: String = "", message: String = "") { (self.code, self.message) = (code, message) }
    }

    /// What a request's answer means for what it asked.
    package enum Verdict: Hashable, Sendable {
        case done
        /// The venue has it and has not dealt with it yet.
        case pending
        case refused(Refusal)
        /// Nobody can say whether it was done.
        case unknown(Refusal)
    }

    /// Statuses of the venue's engine and of what stands before it: 5xx says nothing of whether an order was taken.
    package static func verdict(status: Int, body: [UInt8]) -> Verdict {
        switch status {
        case 202: .pending
        case 200..<300: .done
        case 400..<500: .refused(refusal(body) ?? Refusal(code: "HTTP_\(status)"))
        default: .unknown(refusal(body) ?? Refusal(code: "HTTP_\(status)"))
        }
    }

    /// nil where the body is no error of the venue's: a proxy's page, or nothing.
    package static func refusal(_ body: [UInt8]) -> Refusal? {
        try? read(body) { (json) throws(RowFailure) in
            var refusal = Refusal()
            try json.beginObject()
            while let key = try json.nextKey() {
                if key == "code" {
                    refusal.code = try json.scalar().text
                } else if key == "message" {
                    refusal.message = try json.unescapedString()
                } else {
                    try json.skipValue()
                }
            }
            guard !refusal.code.isEmpty else { throw json.failure("a member \"code\"") }
            return refusal
        }
    }

    // MARK: Each answer

    package static func order(_ body: [UInt8]) throws(RowFailure) -> Order { try read(body, order) }

    package static func orders(_ body: [UInt8]) throws(RowFailure) -> [Order] { try list(body, order) }

    /// Of a batch, in its order.
    package static func batch(_ body: [UInt8]) throws(RowFailure) -> [Result<Order, BatchFailure>] {
        try list(body) { (json) throws(RowFailure) in
            var (order, refusal, isRefused) = (Order(), Refusal(), false)
            try json.beginObject()
            while let key = try json.nextKey() {
                if key == "operation" {
                    isRefused = try json.string() == "Err"
                } else if key == "code" {
                    refusal.code = try json.string().text
                } else if key == "message" {
                    refusal.message = try json.unescapedString()
                } else {
                    try member(key, &order, &json)
                }
            }
            return isRefused ? .failure(BatchFailure(refusal: refusal)) : .success(order)
        }
    }

    package struct BatchFailure: Error, Hashable { package var refusal: Refusal }

    package static func fills(_ body: [UInt8]) throws(RowFailure) -> [Fill] {
        try list(body) { (json) throws(RowFailure) in
            var fill = Fill()
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.skipNull() { continue }
                let place = json.valueOffset()
                if key == "tradeId" {
                    fill.trade = try json.integer()
                } else if key == "orderId" {
                    fill.order = try json.integer()
                } else if key == "clientId" {
                    fill.client = try client(try json.decimalText(), at: place)
                } else if key == "symbol" {
                    fill.symbol = try json.string().text
                } else if key == "side" {
                    fill.side = try backpackSide(try json.string(), at: place)
                } else if key == "price" {
                    fill.price = try parseDecimal(try json.decimalText(), at: place)
                } else if key == "quantity" {
                    fill.quantity = try parseDecimal(try json.decimalText(), at: place)
                } else if key == "fee" {
                    fill.fee = try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                } else if key == "feeSymbol" {
                    fill.feeAsset = try json.string().text
                } else if key == "isMaker" {
                    fill.isMaker = try json.bool()
                } else if key == "systemOrderType" {
                    fill.system = try json.string().text
                } else if key == "timestamp" {
                    fill.time = try parseCalendarTime(try json.string(), at: place)
                } else {
                    try json.skipValue()
                }
            }
            return fill
        }
    }

    package static func positions(_ body: [UInt8]) throws(RowFailure) -> [Position] {
        try list(body) { (json) throws(RowFailure) in
            var position = Position()
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.skipNull() { continue }
                let place = json.valueOffset()
                if key == "symbol" {
                    position.symbol = try json.string().text
                } else if key == "netQuantity" {
                    position.quantity = try parseDecimal(try json.decimalText(), at: place)
                } else if key == "entryPrice" {
                    position.entry = try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                } else {
                    try json.skipValue()
                }
            }
            return position
        }
    }

    /// Free, locked in orders and staked, together: by asset in the venue's order.
    package static func capital(_ body: [UInt8]) throws(RowFailure) -> [Holding] {
        try read(body) { (json) throws(RowFailure) in
            var holdings: [Holding] = []
            try json.beginObject()
            while let asset = try json.nextKey() {
                var holding = Holding(asset: asset.text)
                try json.beginObject()
                while let key = try json.nextKey() {
                    let place = json.valueOffset()
                    if key == "available" || key == "locked" || key == "staked" {
                        holding.total += try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                    } else {
                        try json.skipValue()
                    }
                }
                holdings.append(holding)
            }
            return holdings
        }
    }

    /// What the account has lent as well: `capital` does not tell of that.
    package static func collateral(_ body: [UInt8]) throws(RowFailure) -> [Holding] {
        try read(body) { (json) throws(RowFailure) in
            var holdings: [Holding] = []
            try json.beginObject()
            while let key = try json.nextKey() {
                guard key == "collateral" else {
                    try json.skipValue()
                    continue
                }
                try json.beginArray()
                while try json.nextElement() {
                    var holding = Holding()
                    try json.beginObject()
                    while let key = try json.nextKey() {
                        let place = json.valueOffset()
                        if key == "symbol" {
                            holding.asset = try json.string().text
                        } else if key == "totalQuantity" {
                            holding.total = try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                        } else {
                            try json.skipValue()
                        }
                    }
                    holdings.append(holding)
                }
            }
            return holdings
        }
    }

    package static func payments(_ body: [UInt8]) throws(RowFailure) -> [Payment] {
        try list(body) { (json) throws(RowFailure) in
            var payment = Payment()
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.skipNull() { continue }
                let place = json.valueOffset()
                if key == "symbol" {
                    payment.symbol = try json.string().text
                } else if key == "quantity" {
                    payment.amount = try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                } else if key == "fundingRate" {
                    payment.rate = try parseLongDecimal(try json.decimalText(), decimals: 12, at: place)
                } else if key == "intervalEndTimestamp" {
                    payment.settledAt = try parseCalendarTime(try json.string(), at: place)
                } else {
                    try json.skipValue()
                }
            }
            return payment
        }
    }

    /// Deposits, or withdrawals.
    package static func transfers(_ body: [UInt8]) throws(RowFailure) -> [Transfer] {
        try list(body) { (json) throws(RowFailure) in
            var transfer = Transfer()
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.skipNull() { continue }
                let place = json.valueOffset()
                if key == "id" {
                    transfer.id = try json.integer()
                } else if key == "symbol" {
                    transfer.asset = try json.string().text
                } else if key == "quantity" {
                    transfer.quantity = try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                } else if key == "status" {
                    transfer.isConfirmed = try json.string() == "confirmed"
                } else if key == "createdAt" {
                    transfer.createdAt = try parseCalendarTime(try json.string(), at: place)
                } else {
                    try json.skipValue()
                }
            }
            return transfer
        }
    }

    /// Both sides ascend as they come; `last` is the number of the last change in it.
    package static func depth(_ body: [UInt8]) throws(RowFailure) -> Depth {
        try read(body) { (json) throws(RowFailure) in
            var (depth, hasNumber) = (Depth(), false)
            try json.beginObject()
            while let key = try json.nextKey() {
                let place = json.valueOffset()
                if key == "asks" || key == "bids" {
                    try json.readBackpackLevels(key == "bids" ? .buy : .sell) { depth.levels.append($0) }
                } else if key == "lastUpdateId" {
                    depth.last = try json.integer()
                    hasNumber = true
                } else if key == "timestamp" {
                    depth.time = try parseTime(try json.integer(), unit: 1_000, at: place)
                } else {
                    try json.skipValue()
                }
            }
            guard hasNumber else { throw json.failure("a member \"lastUpdateId\"") }
            return depth
        }
    }

    /// Milliseconds since 1970, as plain text.
    package static func time(_ body: [UInt8]) throws(RowFailure) -> Timestamp {
        try read(body) { (json) throws(RowFailure) in try parseTime(try json.integer(), unit: 1_000_000, at: 0) }
    }

    // MARK: Parts

    static func read<Value>(
        _ body: [UInt8], _ value: (inout JSONReader) throws(RowFailure) -> Value
    ) throws(RowFailure) -> Value {
        try Bytes.lending(body) { (bytes) throws(RowFailure) in
            var json = JSONReader(bytes)
            let found = try value(&json)
            try json.end()
            return found
        }
    }

    private static func list<Value>(
        _ body: [UInt8], _ value: (inout JSONReader) throws(RowFailure) -> Value
    ) throws(RowFailure) -> [Value] {
        try read(body) { (json) throws(RowFailure) in
            var values: [Value] = []
            try json.beginArray()
            while try json.nextElement() { values.append(try value(&json)) }
            return values
        }
    }

    private static func order(_ json: inout JSONReader) throws(RowFailure) -> Order {
        var order = Order()
        try json.beginObject()
        while let key = try json.nextKey() { try member(key, &order, &json) }
        return order
    }

    private static func member(_ key: Bytes, _ order: inout Order, _ json: inout JSONReader) throws(RowFailure) {
        if json.skipNull() { return }
        let place = json.valueOffset()
        if key == "id" {
            order.id = try json.integer()
        } else if key == "clientId" {
            order.client = try client(try json.decimalText(), at: place)
        } else if key == "symbol" {
            order.symbol = try json.string().text
        } else if key == "side" {
            order.side = try backpackSide(try json.string(), at: place)
        } else if key == "status" {
            guard let status = Order.Status(rawValue: try json.string().text) else {
                throw RowFailure(offset: place, expected: "one of \(Order.Status.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            order.status = status
        } else if key == "price" {
            order.price = try parseDecimal(try json.decimalText(), at: place)
        } else if key == "quantity" {
            order.quantity = try parseDecimal(try json.decimalText(), at: place)
        } else if key == "executedQuantity" {
            order.executed = try parseDecimal(try json.decimalText(), at: place)
        } else if key == "expiryReason" {
            order.reason = try json.string().text
        } else {
            try json.skipValue()
        }
    }

    private static func client(_ text: Bytes, at place: Int) throws(RowFailure) -> UInt32 {
        guard let client = UInt32(exactly: try parseInteger(text, at: place)) else {
            throw RowFailure(offset: place, expected: "a client id of 32 bits", kind: .outOfRange)
        }
        return client
    }
}
