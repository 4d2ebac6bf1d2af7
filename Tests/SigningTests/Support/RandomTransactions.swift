import Signing

extension SeededNumbers {
    /// Any transaction of the kind that `type` numbers: every field anywhere in its range.
    mutating func transaction(type: UInt8) -> LighterTransaction {
        LighterTransaction(
            chain: UInt32.random(in: .min ... .max, using: &self), account: amount(), apiKey: UInt8.random(in: 0...254, using: &self),
            nonce: amount(), expiry: amount(), action: action(type: type), attributes: attributes())
    }

    mutating func attributes() -> LighterAttributes {
        var attributes = LighterAttributes()
        for _ in 0..<Int.random(in: 0...LighterAttributes.limit, using: &self) {
            switch Int.random(in: 1...8, using: &self) {
            case 1: attributes.integrator = amount()
            case 2: attributes.integratorTakerFee = amount()
            case 3: attributes.integratorMakerFee = amount()
            case 4: attributes.skipsNonces = true
            case 5: attributes.cancelAllMarket = Int64.random(in: 0...254, using: &self)
            case 6: attributes.selfTradeBehavior = Int64.random(in: 0...3, using: &self)
            case 7: attributes.selfTradeEquality = 1
            default: attributes.orderVersion = amount()
            }
        }
        return attributes
    }

    mutating func order() -> LighterOrder {
        LighterOrder(
            market: amount(), clientIndex: amount(), baseAmount: amount(), price: UInt32.random(in: .min ... .max, using: &self),
            isAsk: Bool.random(using: &self), type: pick(), timeInForce: pick(), isReduceOnly: Bool.random(using: &self),
            triggerPrice: UInt32.random(in: .min ... .max, using: &self), expiry: amount())
    }

    /// Numbers of every magnitude and sign.
    mutating func amount() -> Int64 { Int64(bitPattern: next()) >> Int64.random(in: 0...63, using: &self) }

    mutating func pick<Choice: CaseIterable>() -> Choice {
        guard let choice = Choice.allCases.randomElement(using: &self) else { preconditionFailure("a choice of nothing") }
        return choice
    }

    private mutating func action(type: UInt8) -> LighterAction {
        let fee = UInt32.random(in: .min ... .max, using: &self)
        let asset = Int16.random(in: .min ... .max, using: &self)
        let mode = UInt8.random(in: .min ... .max, using: &self)
        switch type {
        case 8: return .changeKey(LighterChangeKey(key: publicKey()))
        case 9: return .createSubAccount(LighterCreateSubAccount())
        case 10: return .createPool(LighterCreatePool(operatorFee: amount(), initialShares: amount(), minimumOperatorShare: amount()))
        case 11:
            return .updatePool(LighterUpdatePool(pool: amount(), status: mode, operatorFee: amount(), minimumOperatorShare: amount()))
        case 12:
            return .transfer(
                LighterTransfer(
                    to: amount(), asset: asset, fromRoute: pick(), toRoute: pick(), amount: amount(), fee: amount(), memo: bytes(32)))
        case 13: return .withdraw(LighterWithdraw(asset: asset, route: pick(), amount: amount()))
        case 14: return .createOrder(order())
        case 15: return .cancelOrder(LighterCancelOrder(market: amount(), index: amount()))
        case 16: return .cancelAll(LighterCancelAll(timing: pick(), time: amount()))
        case 17:
            return .modifyOrder(
                LighterModifyOrder(market: amount(), index: amount(), baseAmount: amount(), price: fee, triggerPrice: fee / 2))
        case 18: return .mintShares(LighterPoolShares(pool: amount(), amount: amount()))
        case 19: return .burnShares(LighterPoolShares(pool: amount(), amount: amount()))
        case 20:
            return .setLeverage(
                LighterLeverage(
                    market: amount(), initialMarginFraction: UInt16.random(in: .min ... .max, using: &self), mode: pick()))
        case 28:
            let count = Int.random(in: 1...3, using: &self)
            return .createGroup(LighterGroupedOrders(grouping: pick(), orders: (0..<count).map { _ in order() }))
        case 29: return .setMargin(LighterMargin(market: amount(), amount: amount(), isAdding: Bool.random(using: &self)))
        case 35: return .stake(LighterStake(pool: amount(), amount: amount()))
        case 36: return .unstake(LighterStake(pool: amount(), amount: amount()))
        case 41: return .setAccountMode(LighterAccountMode(mode: mode))
        case 42: return .setAssetMode(LighterAssetMode(asset: asset, mode: mode))
        case 45:
            return .approveIntegrator(
                LighterIntegrator(
                    account: amount(), perpsTakerFee: fee, perpsMakerFee: fee / 2, spotTakerFee: fee / 3, spotMakerFee: fee / 5,
                    expiry: amount()))
        default: preconditionFailure("no kind of transaction is \(type)")
        }
    }

    /// The public key of a random number.
    mutating func publicKey() -> LighterPublicKey {
        do {
            return try makeKey(LighterSecretKey.self, bytes(39) + [0]).publicKey
        } catch {
            preconditionFailure("39 random bytes are below the order")
        }
    }
}
