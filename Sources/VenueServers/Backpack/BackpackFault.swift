internal import Trading

/// Why Backpack refuses a request: status, code and words as the venue gives them.
struct BackpackFault: Error, Hashable, Sendable {
    enum Code: String, Hashable, Sendable, CaseIterable {
        case accountLiquidating = "ACCOUNT_LIQUIDATING", insufficientFunds = "INSUFFICIENT_FUNDS"
        case insufficientMargin = "INSUFFICIENT_MARGIN", invalidClientRequest = "INVALID_CLIENT_REQUEST", invalidOrder = "INVALID_ORDER"
        case invalidPrice = "INVALID_PRICE", invalidQuantity = "INVALID_QUANTITY", invalidRange = "INVALID_RANGE"
        case maintenance = "MAINTENANCE", maxLeverageReached = "MAX_LEVERAGE_REACHED", notImplemented = "NOT_IMPLEMENTED"
        case orderLimit = "ORDER_LIMIT", resourceNotFound = "RESOURCE_NOT_FOUND", tooManyRequests = "TOO_MANY_REQUESTS"
        case tradingPaused = "TRADING_PAUSED", unauthorized = "UNAUTHORIZED"
    }

    var status: Int
    var code: Code
    var message: String

    init(_ status: Int, _ code: Code, _ message: String) { (self.status, self.code, self.message) = (status, code, message) }

    var json: JSONValue { .object(["code": .text(code.rawValue), "message": .text(message)]) }
    var response: HTTPResponse { .json(json, status: status) }

    static let notFound = BackpackFault(404, .resourceNotFound, "Not Found")
    static let methodNotAllowed = BackpackFault(405, .invalidClientRequest, "Method not allowed")
    static let unauthorized = BackpackFault(401, .unauthorized, "Unauthorized")
    static let tooMany = BackpackFault(429, .tooManyRequests, "Too many requests")
    static let invalidSignature = client("Invalid signature")
    static let invalidTimestamp = client("Invalid timestamp")
    static let invalidWindow = client("Invalid window")
    static let expired = client("Request has expired")
    static let unknownSymbol = payload("MarketSymbol", "Invalid market symbol")

    static func client(_ message: String) -> BackpackFault { BackpackFault(400, .invalidClientRequest, message) }

    /// A body, or a member of it, that is not what its type takes.
    static func payload(_ type: String, _ problem: String, in payload: String = "OrderExecutePayload") -> BackpackFault {
        client("parse request payload error: failed to parse \"\(type)\": \(problem) (occurred while parsing \"\(payload)\")")
    }

    static func parameter(_ name: String, _ type: String, _ problem: String = "Expect a valid enumeration value.") -> BackpackFault {
        client("failed to parse parameter `\(name)`: failed to parse \"\(type)\": \(problem)")
    }

    /// What the venue's engine answers to an order.
    init(_ reason: RejectReason) {
        self =
            switch reason {
            case .postOnlyWouldTake: Self(400, .invalidOrder, "Order would immediately match and take liquidity")
            case .priceBand: Self(400, .invalidPrice, "Price is too far from the last active price")
            case .margin: Self(400, .insufficientMargin, "Insufficient margin")
            case .balance: Self(400, .insufficientFunds, "Insufficient funds")
            case .reduceOnly: Self(400, .invalidOrder, "Reduce only order not reduced")
            case .tickSize: Self(400, .invalidPrice, "Price must be a multiple of the tick size")
            case .lotSize: Self(400, .invalidQuantity, "Quantity must be a multiple of the step size")
            case .minimumQuantity: Self(400, .invalidQuantity, "Quantity is below the minimum quantity")
            case .minimumNotional: Self(400, .invalidQuantity, "Order value is below the minimum")
            case .maximumQuantity: Self(400, .invalidQuantity, "Quantity is above the maximum quantity")
            case .openOrderLimit: Self(400, .orderLimit, "Order limit reached")
            case .duplicateOrder: Self(400, .invalidOrder, "Client order id is already in use")
            case .unknownOrder: .notFound
            case .unknownInstrument: .unknownSymbol
            case .rateLimit, .quota: .tooMany
            case .halted: Self(503, .tradingPaused, "Trading is paused")
            case .notSynchronised: Self(503, .maintenance, "Maintenance")
            case .selfTrade, .nonce, .expired, .unsupported, .venue: Self(400, .invalidOrder, "Invalid order")
            }
    }
}
