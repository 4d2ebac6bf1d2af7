internal import Trading

/// What becomes of a pair that can be neither hedged nor undone: both legs are closed, and the strategy does not start again.
struct LastResort {
    /// Of a closing that begins from here on.
    var configuration: Flatten.Configuration
    private var closing: AlgorithmID?

    init(_ configuration: Flatten.Configuration) { self.configuration = configuration }

    /// From then on the strategy neither quotes nor hedges.
    var hasBegun: Bool { closing != nil }

    /// Takes a strategy's event; call it for every one, after its hedger.
    mutating func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .frozen(.unhedged) where closing == nil:
            context.note("closing both legs: what is held could not be hedged")
            closing = context.run(Flatten(configuration))
        case .algorithm(let id, let end) where id == closing:
            context.note(end.reason == .filled ? "flat; stopped" : "stopped; what is left is less than the venues take an order for")
        default: break
        }
    }
}
