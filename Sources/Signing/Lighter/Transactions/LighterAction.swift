/// What a transaction does: every kind that a user signs, by the venue's number.
public enum LighterAction: Hashable, Sendable {
    case changeKey(LighterChangeKey)
    case createSubAccount(LighterCreateSubAccount)
    case createPool(LighterCreatePool)
    case updatePool(LighterUpdatePool)
    case transfer(LighterTransfer)
    case withdraw(LighterWithdraw)
    case createOrder(LighterOrder)
    case cancelOrder(LighterCancelOrder)
    case cancelAll(LighterCancelAll)
    case modifyOrder(LighterModifyOrder)
    case mintShares(LighterPoolShares)
    case burnShares(LighterPoolShares)
    case setLeverage(LighterLeverage)
    case createGroup(LighterGroupedOrders)
    case setMargin(LighterMargin)
    case stake(LighterStake)
    case unstake(LighterStake)
    case setAccountMode(LighterAccountMode)
    case setAssetMode(LighterAssetMode)
    case approveIntegrator(LighterIntegrator)

    /// The venue's numbers of all kinds.
    public static let types: [UInt8] = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 28, 29, 35, 36, 41, 42, 45]

    public var type: UInt8 { typeAndFields.type }

    /// The name of the account that signs, in the JSON.
    var accountName: StaticString {
        switch self {
        case .transfer, .withdraw: "FromAccountIndex"
        default: "AccountIndex"
        }
    }

    /// Where in the JSON the signature of the account's Ethereum key stands.
    enum L1SignaturePlace { case none, beforeExpiry, afterSignature }

    var l1SignaturePlace: L1SignaturePlace {
        switch self {
        case .changeKey: .beforeExpiry
        case .transfer, .approveIntegrator: .afterSignature
        default: .none
        }
    }

    /// Shows the fields to a visitor that changes none of them.
    func show<Visitor: LighterFieldVisitor>(to visitor: inout Visitor) where Visitor.Failure == Never {
        var fields = typeAndFields.fields
        fields.visit(&visitor)
    }

    /// Fills the fields of the kind that `type` numbers; nothing where it numbers none.
    static func read<Visitor: LighterFieldVisitor>(type: UInt8, from visitor: inout Visitor) throws(Visitor.Failure) -> LighterAction? {
        func fields<Fields: LighterFields>(_: Fields.Type) throws(Visitor.Failure) -> Fields {
            var fields = Fields.blank
            try fields.visit(&visitor)
            return fields
        }
        return switch type {
        case 8: .changeKey(try fields(LighterChangeKey.self))
        case 9: .createSubAccount(try fields(LighterCreateSubAccount.self))
        case 10: .createPool(try fields(LighterCreatePool.self))
        case 11: .updatePool(try fields(LighterUpdatePool.self))
        case 12: .transfer(try fields(LighterTransfer.self))
        case 13: .withdraw(try fields(LighterWithdraw.self))
        case 14: .createOrder(try fields(LighterOrder.self))
        case 15: .cancelOrder(try fields(LighterCancelOrder.self))
        case 16: .cancelAll(try fields(LighterCancelAll.self))
        case 17: .modifyOrder(try fields(LighterModifyOrder.self))
        case 18: .mintShares(try fields(LighterPoolShares.self))
        case 19: .burnShares(try fields(LighterPoolShares.self))
        case 20: .setLeverage(try fields(LighterLeverage.self))
        case 28: .createGroup(try fields(LighterGroupedOrders.self))
        case 29: .setMargin(try fields(LighterMargin.self))
        case 35: .stake(try fields(LighterStake.self))
        case 36: .unstake(try fields(LighterStake.self))
        case 41: .setAccountMode(try fields(LighterAccountMode.self))
        case 42: .setAssetMode(try fields(LighterAssetMode.self))
        case 45: .approveIntegrator(try fields(LighterIntegrator.self))
        default: nil
        }
    }

    private var typeAndFields: (type: UInt8, fields: any LighterFields) {
        switch self {
        case .changeKey(let fields): (8, fields)
        case .createSubAccount(let fields): (9, fields)
        case .createPool(let fields): (10, fields)
        case .updatePool(let fields): (11, fields)
        case .transfer(let fields): (12, fields)
        case .withdraw(let fields): (13, fields)
        case .createOrder(let fields): (14, fields)
        case .cancelOrder(let fields): (15, fields)
        case .cancelAll(let fields): (16, fields)
        case .modifyOrder(let fields): (17, fields)
        case .mintShares(let fields): (18, fields)
        case .burnShares(let fields): (19, fields)
        case .setLeverage(let fields): (20, fields)
        case .createGroup(let fields): (28, fields)
        case .setMargin(let fields): (29, fields)
        case .stake(let fields): (35, fields)
        case .unstake(let fields): (36, fields)
        case .setAccountMode(let fields): (41, fields)
        case .setAssetMode(let fields): (42, fields)
        case .approveIntegrator(let fields): (45, fields)
        }
    }
}
