public import ArgumentParser
internal import Commands
public import Strategies

/// The command line of what needs the network; `mmsim` calls it for these commands.
public struct MmsimLive: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: LiveProgram.name, abstract: "The commands of mmsim that need the network.",
        discussion: """
            Exit codes: 0 fine, 1 the run failed, 2 wrong scenario or command line, 3 data missing or corrupt, 4 a check failed,
            130 interrupted.
            """,
        version: Mmsim.version,
        subcommands: [
            RecordCommand.self, PaperCommand.self, LiveCommand.self, VenueCommand.self, DiagnoseCommand.self, StatusCommand.self,
            StopCommand.self, KillCommand.self, FlattenCommand.self, SetCommand.self,
        ])

    public init() {}

    /// - Parameter strategies: What scenarios may name.
    public static func run(strategies: StrategyRegistry = .builtIn) -> Never {
        LiveProgram.checkCaller()
        Mmsim.$strategies.withValue(strategies) { CommandRun.run(MmsimLive.self) }
    }
}
