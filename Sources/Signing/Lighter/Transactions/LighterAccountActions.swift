/// Moves an asset to another account.
public struct LighterTransfer: Hashable, Sendable {
    public var to: Int64
    public var asset: Int16
    public var fromRoute: LighterRoute
    public var toRoute: LighterRoute
    public var amount: Int64
    /// In 10⁻⁶ USDC.
    public var fee: Int64
    /// Thirty-two bytes, covered by the L1 signature only.
    public var memo: [UInt8]

    public init(
        to: Int64 = 0, asset: Int16 = 3, fromRoute: LighterRoute = .perps, toRoute: LighterRoute = .perps, amount: Int64 = 0,
        fee: Int64 = 0, memo: [UInt8] = [UInt8](repeating: 0, count: 32)
    ) {
        self.to = to
        self.asset = asset
        self.fromRoute = fromRoute
        self.toRoute = toRoute
        self.amount = amount
        self.fee = fee
        self.memo = memo
    }
}

extension LighterTransfer: LighterFields {
    static var blank: LighterTransfer { LighterTransfer() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("ToAccountIndex", &to)
        try visitor.number("AssetIndex", &asset)
        try visitor.choice("FromRouteType", &fromRoute)
        try visitor.choice("ToRouteType", &toRoute)
        try visitor.amount("Amount", &amount)
        try visitor.amount("USDCFee", &fee)
        try visitor.memo("Memo", &memo)
    }
}

/// Takes an asset off the venue, to the account's own address.
public struct LighterWithdraw: Hashable, Sendable {
    public var asset: Int16
    public var route: LighterRoute
    public var amount: Int64

    public init(asset: Int16 = 3, route: LighterRoute = .perps, amount: Int64 = 0) {
        self.asset = asset
        self.route = route
        self.amount = amount
    }
}

extension LighterWithdraw: LighterFields {
    static var blank: LighterWithdraw { LighterWithdraw() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("AssetIndex", &asset)
        try visitor.choice("RouteType", &route)
        try visitor.amount("Amount", &amount)
    }
}

/// Sets the public key of an API key; signed by the new key.
public struct LighterChangeKey: Hashable, Sendable {
    public var key: LighterPublicKey

    public init(key: LighterPublicKey) {
        self.key = key
    }
}

extension LighterChangeKey: LighterFields {
    static var blank: LighterChangeKey { LighterChangeKey(key: .placeholder) }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.publicKey("PubKey", &key)
    }
}

/// Opens a sub-account.
public struct LighterCreateSubAccount: Hashable, Sendable {
    public init() {}
}

extension LighterCreateSubAccount: LighterFields {
    static var blank: LighterCreateSubAccount { LighterCreateSubAccount() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {}
}

/// Sets how the account's collateral is counted.
public struct LighterAccountMode: Hashable, Sendable {
    public var mode: UInt8

    public init(mode: UInt8 = 0) {
        self.mode = mode
    }
}

extension LighterAccountMode: LighterFields {
    static var blank: LighterAccountMode { LighterAccountMode() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("AccountTradingMode", &mode)
    }
}

/// Sets whether an asset counts as collateral.
public struct LighterAssetMode: Hashable, Sendable {
    public var asset: Int16
    public var mode: UInt8

    public init(asset: Int16 = 0, mode: UInt8 = 0) {
        self.asset = asset
        self.mode = mode
    }
}

extension LighterAssetMode: LighterFields {
    static var blank: LighterAssetMode { LighterAssetMode() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("AssetIndex", &asset)
        try visitor.number("AssetMarginMode", &mode)
    }
}

/// Lets an integrator take fees, each in 10⁻⁶ at most.
public struct LighterIntegrator: Hashable, Sendable {
    public var account: Int64
    public var perpsTakerFee: UInt32
    public var perpsMakerFee: UInt32
    public var spotTakerFee: UInt32
    public var spotMakerFee: UInt32
    /// Milliseconds of Unix time.
    public var expiry: Int64

    public init(
        account: Int64 = 0, perpsTakerFee: UInt32 = 0, perpsMakerFee: UInt32 = 0, spotTakerFee: UInt32 = 0, spotMakerFee: UInt32 = 0,
        expiry: Int64 = 0
    ) {
        self.account = account
        self.perpsTakerFee = perpsTakerFee
        self.perpsMakerFee = perpsMakerFee
        self.spotTakerFee = spotTakerFee
        self.spotMakerFee = spotMakerFee
        self.expiry = expiry
    }
}

extension LighterIntegrator: LighterFields {
    static var blank: LighterIntegrator { LighterIntegrator() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("IntegratorAccountIndex", &account)
        try visitor.number("MaxPerpsTakerFee", &perpsTakerFee)
        try visitor.number("MaxPerpsMakerFee", &perpsMakerFee)
        try visitor.number("MaxSpotTakerFee", &spotTakerFee)
        try visitor.number("MaxSpotMakerFee", &spotMakerFee)
        try visitor.number("ApprovalExpiry", &expiry)
    }
}

/// The side of the venue that an asset is on.
public enum LighterRoute: UInt8, Sendable, CaseIterable {
    case perps, spot
}
