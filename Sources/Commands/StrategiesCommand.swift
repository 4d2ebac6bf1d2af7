internal import Market
internal import ArgumentParser
internal import Scenario
internal import Strategies
internal import Trading

struct StrategiesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "strategies", abstract: "Lists the strategies, or explains one.")

    @Argument(help: "The strategy to explain.")
    var name: String?

    func run() throws {
        let all = Mmsim.strategies.specifications
        guard let name else {
            for strategy in all { Terminal.out(Self.padded(strategy.name, 16) + strategy.purpose) }
            Terminal.out("\nSeveral at once: strategies: { ID: { name: …, symbol: …, accounts: … } } in place of strategy.")
            return
        }
        guard let strategy = all.first(where: { $0.name == name }) else {
            let hint = Spelling.closest(name, all.map(\.name)).map { "did you mean '\($0)'?" }
            throw Failure("there is no strategy '\(name)'", hint: hint ?? "`mmsim strategies` lists them", code: Failure.usage)
        }
        Terminal.out("\(strategy.name)\n\n  \(strategy.purpose)\n\nPhases: \(strategy.phases.joined(separator: " → "))\n\nAccounts:")
        for role in strategy.roles {
            Terminal.out("  " + Self.padded(role.name, 20) + role.summary + (role.isOptional ? " Optional." : ""))
        }
        Terminal.out("\nParameters:")
        for parameter in strategy.parameters {
            let updatable = parameter.isLiveUpdatable ? "; `mmsim set` changes it while it runs" : ""
            let fallback = parameter.defaultText.map { "default \($0.joined(separator: " to "))" } ?? "must be given"
            Terminal.out("  " + Self.padded(parameter.name, 20) + parameter.summary)
            Terminal.out("  " + Self.padded("", 20) + "\(fallback); \(parameter.rangeText)\(updatable)")
        }
        Terminal.out("\nExample:\n\n" + Self.example(strategy))
    }

    private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }

    private static func example(_ strategy: StrategySpecification) -> String {
        // The first role stands at one venue, all others at the other; optional ones are left out.
        let bound = strategy.roles.filter { !$0.isOptional }
        let others = bound.count == 2 ? ["T"] : bound.indices.dropFirst().map { "T\($0)" }
        let roles = zip(bound, ["M"] + others).map { "\($0.name): \($1)" }.joined(separator: ", ")
        let takers = others.map { "\n    \($0): { venue: two, collateral: [\"20000 USDC\"] }" }.joined()
        let required = strategy.parameters.filter { $0.defaultText == nil }.map { "\($0.name): \"0.01 BTC\"" }.joined(separator: ", ")
        return """
              version: 1
              name: \(strategy.name)-example
              tapes: ["../Data/demo.tape"]
              venues:
                one: { feed: backpack, profile: backpack }
                two: { feed: lighter, profile: lighter-standard, margin: { initial: "2 %", maintenance: "1.2 %" } }
              accounts:
                M: { venue: one, collateral: ["20000 USDC"] }\(takers)
              strategy:
                name: \(strategy.name)
                symbol: BTC
                accounts: { \(roles) }
                parameters: { \(required) }
              reporting: USD
              rates: { "USDC/USD": "1" }
            """
    }
}
