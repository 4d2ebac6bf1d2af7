internal import Market
internal import Scenario
internal import Strategies
internal import Trading

/// The strategies of a scenario in a core.
extension RunPlan {
    /// - Parameter configuration: The plan's, or that of a run that differs in its seed.
    func makeCore(_ configuration: CoreConfiguration, _ registry: StrategyRegistry, journal: Journal) throws(RunError) -> TradingCore {
        let core = TradingCore(configuration, journal: journal)
        for (choice, binding) in zip(scenario.strategies, bindings) {
            let path = choice.id.map { "strategies.\($0)" } ?? "strategy"
            let limits = try instanceLimits(choice, binding, path)
            do throws(ParameterError) {
                guard let strategy = try registry.make(choice.name, choice.parameters, binding) else {
                    throw ParameterError(parameter: "name", message: "there is no strategy '\(choice.name)'")
                }
                core.attach(strategy, subscriptions: Self.subscriptions(binding), limits: limits)
            } catch {
                throw .scenario(message: "\(path).parameters.\(error.parameter): \(error.message)", hint: error.hint)
            }
        }
        return core
    }

    /// The instruments whose books wake a strategy.
    static func subscriptions(_ binding: StrategyBinding) -> [InstrumentID] { Set(binding.legs.values.map(\.instrument)).sorted() }

    /// Refuses an amount in a currency that the strategy does not trade in.
    private func instanceLimits(
        _ choice: Scenario.StrategyChoice, _ binding: StrategyBinding, _ path: String
    ) throws(RunError) -> InstanceLimits {
        let traded = Self.subscriptions(binding).map { instruments[$0.index] }
        func check(_ key: String, _ currency: Currency?, _ known: [Currency]) throws(RunError) {
            guard let currency, !known.contains(currency) else { return }
            throw .scenario(
                message: "\(path).risk.\(key) is in \(currency), which the strategy does not trade in",
                hint: "write it in \(Set(known).sorted().map(\.code).joined(separator: " or "))")
        }
        let risk = choice.limits
        try check("max_order_notional", risk.maximumOrderNotional?.currency, traded.map(\.quote))
        try check("max_position", risk.maximumPosition?.currency, traded.map(\.base))
        try check("max_drawdown", risk.losses?.currency, traded.map(\.settlement))
        return InstanceLimits(
            maximumOrderNotional: risk.maximumOrderNotional?.nanos, maximumPosition: risk.maximumPosition?.nanos,
            maximumOrdersPerSecond: risk.maximumOrdersPerSecond, losses: risk.losses)
    }
}
