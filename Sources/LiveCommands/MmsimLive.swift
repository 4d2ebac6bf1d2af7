public import ArgumentParser
internal import Commands

/// The command line of what needs the network; `mmsim` calls it for these commands.
public struct MmsimLive: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: LiveProgram.name, abstract: "The commands of mmsim that need the network.",
        discussion: """
            Exit codes: 0 fine, 1 the run failed, 2 wrong command line, 3 data missing or corrupt, 130 interrupted.
            """,
        version: Mmsim.version,
        subcommands: [
            RecordCommand.self, VenueCommand.self, StatusCommand.self, StopCommand.self, KillCommand.self, FlattenCommand.self,
            SetCommand.self,
        ])

    public init() {}

    public static func run() -> Never {
        LiveProgram.checkCaller()
        CommandRun.run(MmsimLive.self)
    }
}
