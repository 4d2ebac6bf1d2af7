internal import Trading

/// The words of an order's members, as requests, answers and streams spell them.
enum BackpackOrderType: String, Hashable, Sendable, CaseIterable { case limit = "Limit", market = "Market" }
enum BackpackSideWord: String, Hashable, Sendable, CaseIterable { case bid = "Bid", ask = "Ask" }
enum BackpackTimeInForce: String, Hashable, Sendable, CaseIterable { case good = "GTC", immediate = "IOC", fillOrKill = "FOK" }
enum BackpackSelfTrade: String, Hashable, Sendable, CaseIterable {
    case taker = "RejectTaker", maker = "RejectMaker", both = "RejectBoth"

    var prevention: SelfTradePrevention {
        switch self {
        case .taker: .expireTaker
        case .maker: .expireMaker
        case .both: .expireBoth
        }
    }
}
enum BackpackTriggerBy: String, Hashable, Sendable, CaseIterable {
    case last = "LastPrice", mark = "MarkPrice", index = "IndexPrice"

    var reference: Trigger.Reference {
        switch self {
        case .last: .last
        case .mark: .mark
        case .index: .index
        }
    }
}
enum BackpackStatus: String, Hashable, Sendable, CaseIterable {
    case new = "New", partiallyFilled = "PartiallyFilled", filled = "Filled", cancelled = "Cancelled", expired = "Expired"
    case triggerPending = "TriggerPending", triggerFailed = "TriggerFailed"

    var isOpen: Bool { self == .new || self == .partiallyFilled || self == .triggerPending }
}

/// Why an order expired.
enum BackpackExpiry: String, Hashable, Sendable, CaseIterable {
    case fillOrKill = "FillOrKill", immediateOrCancel = "ImmediateOrCancel", insufficientLiquidity = "InsufficientLiquidity"
    case liquidation = "Liquidation", postOnlyTaker = "PostOnlyTaker", priceImpact = "PriceImpact"
    case reduceOnlyNotReduced = "ReduceOnlyNotReduced", selfTradePrevention = "SelfTradePrevention", unknown = "Unknown"

    /// The stream spells in capitals what the history writes as one word.
    var inStream: String {
        rawValue.reduce(into: "") { text, letter in
            if letter.isUppercase, !text.isEmpty { text += "_" }
            text += letter.uppercased()
        }
    }

    init(_ reason: ExpiryReason, isBounded: Bool) {
        self =
            switch reason {
            case .fillOrKillShort: .fillOrKill
            case .postOnlyWouldTake: .postOnlyTaker
            case .selfTrade: .selfTradePrevention
            case .noLiquidity: .insufficientLiquidity
            case .immediateRemainder: isBounded ? .priceImpact : .immediateOrCancel
            case .timeInForce: .unknown
            }
    }
}
