internal import Market
internal import Scenario
internal import Trading

/// Strategies, limits of losses and margin terms as the header's plain numbers, and back. What no value stands for is nil.
extension RunHeader.Instance {
    init(_ choice: Scenario.StrategyChoice, _ binding: StrategyBinding) {
        self.init(
            id: choice.label, strategy: choice.name, parameters: choice.parameters.values.mapValues(RunHeader.Parameter.init),
            legs: binding.legs.mapValues { RunHeader.Leg(account: $0.account.index, instrument: $0.instrument.index) },
            orderNotional: choice.limits.maximumOrderNotional?.nanos, position: choice.limits.maximumPosition?.nanos,
            ordersPerSecond: choice.limits.maximumOrdersPerSecond, losses: choice.limits.losses.map { RunHeader.Losses($0) })
    }

    var values: Parameters? {
        var values: [String: ParameterValue] = [:]
        for (name, parameter) in parameters {
            guard let value = parameter.value else { return nil }
            values[name] = value
        }
        return Parameters(values)
    }

    var limits: InstanceLimits {
        InstanceLimits(
            maximumOrderNotional: orderNotional, maximumPosition: position, maximumOrdersPerSecond: ordersPerSecond,
            losses: losses.flatMap(\.value))
    }
}

extension RunHeader.Losses {
    init(_ limits: LossLimits) {
        self.init(
            currency: limits.currency.code, drawdown: limits.drawdown, hourly: limits.hourly, daily: limits.daily,
            policy: limits.policy.rawValue)
    }

    var value: LossLimits? {
        guard let currency = Currency(currency), let policy = LossLimits.Policy(rawValue: policy) else { return nil }
        return LossLimits(currency, drawdown: drawdown, hourly: hourly, daily: daily, policy: policy)
    }
}

extension RunHeader.Schedule {
    init(_ schedule: MarginSchedule) {
        switch schedule {
        case .flat(let rate): self.init(kind: "flat", numbers: [rate.trillionths])
        case .squareRoot(let base, let factor): self.init(kind: "square root", numbers: [base.trillionths, factor.trillionths])
        case .brackets(let brackets):
            self.init(kind: "brackets", numbers: brackets.flatMap { [$0.floor, $0.rate.trillionths, $0.deduction] })
        }
    }

    var value: MarginSchedule? {
        func rate(_ index: Int) -> Rate { Rate(trillionths: numbers[index]) }
        return switch (kind, numbers.count) {
        case ("flat", 1): .flat(rate(0))
        case ("square root", 2): .squareRoot(base: rate(0), factor: rate(1))
        case ("brackets", let count) where count > 0 && count % 3 == 0:
            .brackets(
                stride(from: 0, to: count, by: 3).map {
                    MarginBracket(floor: numbers[$0], rate: rate($0 + 1), deduction: numbers[$0 + 2])
                })
        default: nil
        }
    }
}

extension RunHeader.Margin {
    init(_ terms: MarginTerms, account: Int, instrument: Int) {
        self.init(
            account: account, instrument: instrument, initial: RunHeader.Schedule(terms.table.initial),
            defaultLeverage: terms.table.defaultLeverage, countsWorstSide: terms.openOrders == .worstSide,
            leverageIsPerAccount: terms.leverageIsPerAccount, leverage: terms.leverage)
    }

    /// The core reckons with what opening asks for alone.
    func value(_ symbol: String) -> MarginTerms? {
        initial.value.map { schedule in
            MarginTerms(
                table: MarginTable(symbol: symbol, initial: schedule, maintenance: schedule, defaultLeverage: defaultLeverage),
                openOrders: countsWorstSide ? .worstSide : .riskIncreasing, leverageIsPerAccount: leverageIsPerAccount, leverage: leverage)
        }
    }
}
