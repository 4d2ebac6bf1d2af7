public import Market
internal import Trading

/// What of a venue's traffic a fault can take hold of.
public struct FaultTargets: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Orders and amendments that arrive.
    public static let orders = Self(rawValue: 1 << 0)
    public static let cancels = Self(rawValue: 1 << 1)
    /// Every other request.
    public static let questions = Self(rawValue: 1 << 2)
    /// Reports that are pushed, whatever they tell.
    public static let reports = Self(rawValue: 1 << 3)
    /// Those of them that tell a fill.
    public static let fills = Self(rawValue: 1 << 4)
    /// Those of them that tell a position.
    public static let positions = Self(rawValue: 1 << 5)
    /// Positions other than none, pushed or in an answer.
    public static let holdings = Self(rawValue: 1 << 6)

    public static let requests: Self = [.orders, .cancels, .questions]

    /// What there is none of, for a sentence that ends in where.
    public var phrase: String {
        if contains(.reports) || contains(.requests) { return contains(.requests) ? "a request came" : "a report was sent" }
        if contains(.orders) { return "an order came" }
        if contains(.cancels) { return "a cancel came" }
        return contains(.fills) ? "a fill was told" : "a position was told"
    }

    init(_ command: Command) {
        switch command {
        case .submit, .amend: self = .orders
        case .cancel, .cancelAll: self = .cancels
        case .query, .setLeverage, .deadMan: self = .questions
        }
    }

    init(_ report: AccountEvent.Report, isPushed: Bool) {
        self = isPushed ? .reports : []
        switch report {
        case .filled: if isPushed { insert(.fills) }
        case .position(_, let quantity, _):
            if isPushed { insert(.positions) }
            if !quantity.isZero { insert(.holdings) }
        default: break
        }
    }
}

/// One request or report that went through a venue, as a fault could have met it.
public struct FaultChance: Hashable, Sendable {
    public var time: Timestamp
    public var targets: FaultTargets
}
