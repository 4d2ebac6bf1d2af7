public import ArgumentParser
public import Strategies

/// The command line. A package of your own calls `Mmsim.run(strategies:)` with its strategies added to the built-in ones.
public struct Mmsim: ParsableCommand {
    public static let version = "0.1.0"

    /// What scenarios may name while a command runs. Commands are made by the parser of arguments, which can hand them nothing else.
    @TaskLocal package static var strategies = StrategyRegistry.builtIn

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
            BacktestCommand.self, ReplayCommand.self, DiffCommand.self, JournalCommand.self, ChaosCommand.self, ScenarioCommand.self,
            StrategiesCommand.self, TapeCommand.self, SynthCommand.self, ResearchCommand.self, LiveProgram.Record.self,
            LiveProgram.Paper.self, LiveProgram.Live.self, LiveProgram.Venue.self, LiveProgram.Diagnose.self, LiveProgram.Status.self,
            LiveProgram.Stop.self, LiveProgram.Kill.self, LiveProgram.Flatten.self, LiveProgram.Set.self,
        ])

    public init() {}

    /// Parses the process's arguments, runs the command and ends the process with its exit code.
    public static func run(strategies: StrategyRegistry = .builtIn) -> Never {
        LiveProgram.takeOver(CommandLine.arguments)
        $strategies.withValue(strategies) { CommandRun.run(Mmsim.self) }
    }
}
