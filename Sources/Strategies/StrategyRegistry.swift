public import Trading

/// The strategies that a scenario may name.
public struct StrategyRegistry: Sendable {
    public typealias Factory = @Sendable (Parameters, StrategyBinding) throws(ParameterError) -> any Strategy

    private var entries: [(specification: StrategySpecification, make: Factory)] = []

    /// An empty registry; `builtIn` is the usual start.
    public init() {}

    /// Every strategy that comes with the project.
    public static var builtIn: StrategyRegistry {
        var registry = StrategyRegistry()
        registry.add(SimpleHedge.self)
        registry.add(Xemm.self)
        registry.add(LiquidationHedge.self)
        registry.add(CrossArb.self)
        registry.add(MarketMaker.self)
        registry.add(FundingArb.self)
        registry.add(Basis.self)
        registry.add(LiquidationFlow.self)
        registry.add(Diagnostics.self)
        registry.add(Idle.self)
        return registry
    }

    /// Adds a strategy; one of the same name is replaced.
    public mutating func add<Added: Strategy>(_ strategy: Added.Type) {
        entries.removeAll { $0.specification.name == Added.specification.name }
        entries.append((Added.specification, { (parameters, binding) throws(ParameterError) in try Added(parameters, binding) }))
    }

    /// In the order they were added.
    public var specifications: [StrategySpecification] { entries.map(\.specification) }

    /// nil if there is no strategy of the name.
    public func make(_ name: String, _ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) -> (any Strategy)? {
        guard let entry = entries.first(where: { $0.specification.name == name }) else { return nil }
        return try entry.make(parameters, binding)
    }
}
