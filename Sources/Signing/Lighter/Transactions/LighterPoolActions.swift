/// Opens a public pool.
public struct LighterCreatePool: Hashable, Sendable {
    /// In 10⁻⁶.
    public var operatorFee: Int64
    public var initialShares: Int64
    /// In 10⁻⁴.
    public var minimumOperatorShare: Int64

    public init(operatorFee: Int64 = 0, initialShares: Int64 = 0, minimumOperatorShare: Int64 = 0) {
        self.operatorFee = operatorFee
        self.initialShares = initialShares
        self.minimumOperatorShare = minimumOperatorShare
    }
}

extension LighterCreatePool: LighterFields {
    static var blank: LighterCreatePool { LighterCreatePool() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("OperatorFee", &operatorFee)
        try visitor.number("InitialTotalShares", &initialShares)
        try visitor.number("MinOperatorShareRate", &minimumOperatorShare)
    }
}

/// Changes a public pool.
public struct LighterUpdatePool: Hashable, Sendable {
    public var pool: Int64
    public var status: UInt8
    public var operatorFee: Int64
    public var minimumOperatorShare: Int64

    public init(pool: Int64 = 0, status: UInt8 = 0, operatorFee: Int64 = 0, minimumOperatorShare: Int64 = 0) {
        self.pool = pool
        self.status = status
        self.operatorFee = operatorFee
        self.minimumOperatorShare = minimumOperatorShare
    }
}

extension LighterUpdatePool: LighterFields {
    static var blank: LighterUpdatePool { LighterUpdatePool() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("PublicPoolIndex", &pool)
        try visitor.number("Status", &status)
        try visitor.number("OperatorFee", &operatorFee)
        try visitor.number("MinOperatorShareRate", &minimumOperatorShare)
    }
}

/// Takes or gives back shares of a public pool.
public struct LighterPoolShares: Hashable, Sendable {
    public var pool: Int64
    public var amount: Int64

    public init(pool: Int64 = 0, amount: Int64 = 0) {
        self.pool = pool
        self.amount = amount
    }
}

extension LighterPoolShares: LighterFields {
    static var blank: LighterPoolShares { LighterPoolShares() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("PublicPoolIndex", &pool)
        try visitor.number("ShareAmount", &amount)
    }
}

/// Stakes or takes back shares of a staking pool.
public struct LighterStake: Hashable, Sendable {
    public var pool: Int64
    public var amount: Int64

    public init(pool: Int64 = 0, amount: Int64 = 0) {
        self.pool = pool
        self.amount = amount
    }
}

extension LighterStake: LighterFields {
    static var blank: LighterStake { LighterStake() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("StakingPoolIndex", &pool)
        try visitor.number("ShareAmount", &amount)
    }
}
