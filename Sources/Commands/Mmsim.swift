internal import Market
public import ArgumentParser
internal import Foundation
internal import Scenario
public import Strategies

/// The command line. A package of your own calls `Mmsim.run(strategies:)` with its strategies added to the built-in ones.
public struct Mmsim: ParsableCommand {
    public static let version = "0.1.0"

    /// What scenarios may name while a command runs. Commands are made by the parser of arguments, which can hand them nothing else.
    @TaskLocal static var strategies = StrategyRegistry.builtIn

    public static let configuration = CommandConfiguration(
        commandName: "mmsim",
        abstract: "Evaluates hedges of perpetual futures across venues, event by event, against recorded order books.",
        discussion: """
            A first run:
              mmsim synth --out Data/demo.tape
              mmsim backtest Scenarios/demo.yaml

            Exit codes: 0 fine, 1 the run failed, 2 wrong scenario or command line, 3 data missing or corrupt, 4 a check failed,
            130 interrupted.
            """,
        version: version,
        subcommands: [
            BacktestCommand.self, ReplayCommand.self, JournalCommand.self, ChaosCommand.self, ScenarioCommand.self, StrategiesCommand.self,
            TapeCommand.self, SynthCommand.self, ResearchCommand.self,
        ])

    public init() {}

    /// Parses the process's arguments, runs the command and ends the process with its exit code.
    public static func run(strategies: StrategyRegistry = .builtIn) -> Never {
        $strategies.withValue(strategies) { run() }
    }

    private static func run() -> Never {
        do {
            if let failure = unknownCommand(CommandLine.arguments.dropFirst()) { throw failure }
            var command = try parseAsRoot()
            try command.run()
            Foundation.exit(0)
        } catch let failure as Failure {
            failure.print()
            Foundation.exit(failure.code)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if code == .success {
                if !text.isEmpty { Terminal.out(text) }
                Foundation.exit(0)
            }
            Terminal.error(text.hasPrefix("Error: ") ? "error: " + text.dropFirst(7) : text)
            Foundation.exit(Failure.usage)
        }
    }

    /// Whether a word stands where a command should that is none, and which was meant.
    private static func unknownCommand(_ words: some Sequence<String>) -> Failure? {
        var subcommands = configuration.subcommands
        for word in words {
            guard !subcommands.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
            guard let command = subcommands.first(where: { $0._commandName == word }) else {
                let names = subcommands.map { $0._commandName }
                return Failure(
                    "there is no command '\(word)'",
                    hint: Spelling.closest(word, names).map { "did you mean '\($0)'?" } ?? "there are: \(names.joined(separator: ", "))",
                    code: Failure.usage)
            }
            subcommands = command.configuration.subcommands
        }
        return nil
    }
}
