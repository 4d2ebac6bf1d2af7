/// What a transaction may say besides its fields. An attribute at its default is neither written nor hashed; four at most are set.
public struct LighterAttributes: Hashable, Sendable {
    public static let limit = 4

    /// Takes a fee, in 10⁻⁶, of the order's fills.
    public var integrator: Int64 = 0
    public var integratorTakerFee: Int64 = 0
    public var integratorMakerFee: Int64 = 0
    /// Lets the nonce be any larger one.
    public var skipsNonces = false
    /// The market of an immediate cancellation of all orders; nothing for all markets. Market 0 is one too.
    public var cancelAllMarket: Int64?
    /// Which of two own orders gives way: 0 the maker, 1 the taker, 2 both, 3 both are reduced.
    public var selfTradeBehavior: Int64 = 0
    /// Whose orders are own ones: 0 the account's, 1 the master account's.
    public var selfTradeEquality: Int64 = 0
    /// The version of the order that a change was made for.
    public var orderVersion: Int64 = 0

    public init() {}

    /// The market number that means none.
    private static let noMarket: Int64 = 255

    /// Number and value of what is set, ascending.
    var pairs: [(type: Int64, value: Int64)] {
        let values = [
            integrator, integratorTakerFee, integratorMakerFee, skipsNonces ? 1 : 0, cancelAllMarket ?? Self.noMarket,
            selfTradeBehavior, selfTradeEquality, orderVersion,
        ]
        return values.enumerated().compactMap { index, value in
            value == (index == 4 ? Self.noMarket : 0) ? nil : (Int64(index + 1), value)
        }
    }

    /// The hash of what is set: numbers and values, filled up with zeros to eight. Nothing where nothing is set.
    var hash: QuinticElement? {
        let pairs = pairs
        guard !pairs.isEmpty else { return nil }
        precondition(pairs.count <= Self.limit, "a transaction has \(Self.limit) attributes at most")
        let elements = pairs.flatMap { [Goldilocks($0.type), Goldilocks($0.value)] }
        return Poseidon2.quinticHash(elements + [Goldilocks](repeating: .zero, count: 2 * Self.limit - elements.count))
    }

    /// Sets one by its number; whether there is such a one and it takes the value.
    mutating func set(_ type: String, to value: Int64) -> Bool {
        switch type {
        case "1": integrator = value
        case "2": integratorTakerFee = value
        case "3": integratorMakerFee = value
        case "4" where value == 0 || value == 1: skipsNonces = value == 1
        case "5": cancelAllMarket = value == Self.noMarket ? nil : value
        case "6": selfTradeBehavior = value
        case "7": selfTradeEquality = value
        case "8": orderVersion = value
        default: return false
        }
        return true
    }
}

extension Goldilocks {
    /// A signed number as Lighter hashes it: its 64 bits, modulo p.
    init(_ number: Int64) { self.init(reducing: UInt64(bitPattern: number)) }
}
