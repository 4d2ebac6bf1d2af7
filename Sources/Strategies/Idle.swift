public import Trading

/// Never trades: the control that must earn exactly nothing.
public final class Idle: Strategy {
    public static let specification = StrategySpecification(
        name: "idle", purpose: "Never trades. A control: its profit must be exactly 0.", phases: ["idle"],
        roles: [.init("maker", "an account that stays as it is"), .init("taker", "another")], parameters: [])

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {}

    public var interests: Interests { [] }
    public func start(_ context: inout Context) {}
    public func receive(_ event: StrategyEvent, _ context: inout Context) {}
    public var status: StrategyStatus { StrategyStatus(phase: "idle") }
    public func stop(_ reason: StopReason, _ context: inout Context) {}
}
