/// One leg of an order: what, how much, at which price, in the venue's integers.
public struct GRVTOrderLeg: TypedData, Hashable {
    /// The instrument's hash, from the venue's list of instruments.
    public var asset: UInt256
    /// Size × 10^base decimals, truncated (`GRVTScale`).
    public var size: UInt64
    /// Price × 10⁹, truncated; 0 for a market order.
    public var limitPrice: UInt64
    public var isBuying: Bool

    public init(asset: UInt256, size: UInt64, limitPrice: UInt64, isBuying: Bool) {
        self.asset = asset
        self.size = size
        self.limitPrice = limitPrice
        self.isBuying = isBuying
    }

    public static var encodedType: String { "OrderLeg(uint256 assetID,uint64 contractSize,uint64 limitPrice,bool isBuyingContract)" }

    public func encode(into words: inout TypedDataWords) {
        words.append(asset)
        words.append(size)
        words.append(limitPrice)
        words.append(isBuying)
    }
}

/// What an order signs. Client order id, trigger and broker are not signed.
public struct GRVTOrder: TypedData, Hashable {
    public enum TimeInForce: UInt8, Sendable, CaseIterable {
        case goodTillTime = 1, allOrNone, immediateOrCancel, fillOrKill, retailPriceImprovement
    }

    public var subAccount: UInt64
    public var isMarket: Bool
    public var timeInForce: TimeInForce
    public var isPostOnly: Bool
    public var isReduceOnly: Bool
    public var legs: [GRVTOrderLeg]
    /// Chosen by the client; the same order with the same nonce is a duplicate.
    public var nonce: UInt32
    /// Nanoseconds of Unix time: the order's end of life, at most thirty days ahead.
    public var expiration: Int64

    public init(
        subAccount: UInt64, isMarket: Bool = false, timeInForce: TimeInForce = .goodTillTime, isPostOnly: Bool = false,
        isReduceOnly: Bool = false, legs: [GRVTOrderLeg], nonce: UInt32, expiration: Int64
    ) {
        self.subAccount = subAccount
        self.isMarket = isMarket
        self.timeInForce = timeInForce
        self.isPostOnly = isPostOnly
        self.isReduceOnly = isReduceOnly
        self.legs = legs
        self.nonce = nonce
        self.expiration = expiration
    }

    private static let members = "uint64 subAccountID,bool isMarket,uint8 timeInForce,bool postOnly,bool reduceOnly,OrderLeg[] legs"
    private static let ending = "uint32 nonce,int64 expiration"

    public static var encodedType: String { "Order(\(members),\(ending))" + GRVTOrderLeg.encodedType }

    static var encodedTypeWithBuilder: String {
        "OrderWithBuilderFee(\(members),address builder,uint32 builderFee,\(ending))" + GRVTOrderLeg.encodedType
    }

    public func encode(into words: inout TypedDataWords) {
        encodeTerms(into: &words)
        encodeEnding(into: &words)
    }

    func encodeTerms(into words: inout TypedDataWords) {
        words.append(subAccount)
        words.append(isMarket)
        words.append(UInt64(timeInForce.rawValue))
        words.append(isPostOnly)
        words.append(isReduceOnly)
        words.append(legs)
    }

    func encodeEnding(into words: inout TypedDataWords) {
        words.append(UInt64(nonce))
        words.append(expiration)
    }
}

/// An order that pays a fee to who built the client.
public struct GRVTOrderWithBuilderFee: TypedData, Hashable {
    public var order: GRVTOrder
    public var builder: EthereumAddress
    /// Percent × 10⁴: 10 for 0.001 %.
    public var fee: UInt32

    public init(_ order: GRVTOrder, builder: EthereumAddress, fee: UInt32) {
        self.order = order
        self.builder = builder
        self.fee = fee
    }

    public static var encodedType: String { GRVTOrder.encodedTypeWithBuilder }

    public func encode(into words: inout TypedDataWords) {
        order.encodeTerms(into: &words)
        words.append(builder)
        words.append(UInt64(fee))
        order.encodeEnding(into: &words)
    }
}
