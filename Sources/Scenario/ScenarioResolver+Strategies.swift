internal import Market
internal import Trading

/// One strategy, or several by their names.
extension ScenarioResolver {
    /// nil when none is right; the log says why.
    func chosenStrategies(_ top: SectionReader, _ overrides: [Scenario.Override]) -> [Scenario.StrategyChoice]? {
        switch (top.node("strategy"), top.node("strategies")) {
        case (nil, nil):
            top.fail("strategy", "it is missing", "What trades.")
            return nil
        case (.some, nil):
            guard let section = top.section("strategy", "strategy") else { return nil }
            return strategy(section, nil, top).map { [$0] }
        case (.some, .some):
            top.refuse("strategies", "there is a 'strategy' too", "a run has one, or all of them under 'strategies'")
            return nil
        case (nil, .some): return several(top, overrides)
        }
    }

    private func several(_ top: SectionReader, _ overrides: [Scenario.Override]) -> [Scenario.StrategyChoice]? {
        guard let section = named(top, "strategies") else { return nil }
        let ids = section.names
        if ids.count > TradingCore.maximumInstances {
            top.fail("strategies", "there are \(ids.count)", "a run has \(TradingCore.maximumInstances) at most")
        }
        var choices: [Scenario.StrategyChoice] = []
        for id in ids {
            // What an override made is not in the file: its id is wrong, not its keys.
            if overrides.contains(where: { $0.key.hasPrefix("strategies.\(id).") }), section.names(in: id).allSatisfy({ $0 != "name" }) {
                let others = ids.filter { $0 != id && section.names(in: $0).contains("name") }
                section.refuse(
                    id, "there is no strategy of this id", Spelling.hint(id, others) ?? "there are: \(others.joined(separator: ", "))")
                continue
            }
            guard let body = section.section(id, "strategy of several"), let choice = strategy(body, id, top) else { continue }
            choices.append(choice)
        }
        return choices.isEmpty ? nil : choices
    }

    /// Of one of several.
    func limits(_ strategy: SectionReader) -> Scenario.InstanceRisk {
        guard let section = strategy.section("risk", "risk of one") else { return Scenario.InstanceRisk() }
        return Scenario.InstanceRisk(
            maximumOrderNotional: section.amount("max_order_notional"), maximumPosition: section.amount("max_position"),
            maximumOrdersPerSecond: section.integer("max_orders_per_second", 1...1_000_000).map(Int.init), losses: losses(section))
    }
}
