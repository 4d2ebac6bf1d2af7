internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Live
internal import Runtime
internal import Trading

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.status.rawValue, abstract: LiveProgram.Word.status.abstract,
        discussion: "Of every run that goes on, or the one that is named.")

    @OptionGroup var choice: RunChoice

    @Flag(help: "Prints one line of JSON for each run.")
    var json = false

    func run() throws {
        for (index, name) in try choice.names().enumerated() {
            let text = try choice.ask(.status, name)
            if json {
                Terminal.out(text)
                continue
            }
            guard let status = try? RunStatus(json: text) else {
                throw Failure(
                    "\(name): what it says of itself is not understood", hint: "is it another version of mmsim? --json shows it as it is",
                    code: Failure.runFailed)
            }
            Terminal.out((index > 0 ? "\n" : "") + status.screen)
        }
    }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.stop.rawValue, abstract: LiveProgram.Word.stop.abstract,
        discussion: "Strategies end in order and cancel their orders; positions stay as they are.")

    @OptionGroup var choice: RunChoice

    @Flag(help: "Waits until the process has ended.")
    var wait = false

    func run() throws {
        let name = try choice.name()
        Terminal.out(try choice.ask(.stop, name))
        guard wait else { return }
        Interruption.watch()
        while choice.isRunning(name) {
            if Interruption.wasRequested { throw ExitCode(Failure.interrupted) }
            usleep(100_000)
        }
        Terminal.out("\(name) has ended")
    }
}

struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.kill.rawValue, abstract: LiveProgram.Word.kill.abstract,
        discussion: """
            K1  no new quotes; what is open stays, and hedges go on
            K2  all orders are cancelled besides; hedges go on
            K3  only what reduces a position is sent any more
            K4  everything that the accounts hold is closed

            A level includes the ones before it. It is never taken back: not by a restart either, until another run is begun.
            """)

    @Argument(help: ArgumentHelp("K1 to K4.", valueName: "level"))
    var level = "K2"

    @OptionGroup var choice: RunChoice

    @Flag(help: "Asks nothing before K4.")
    var yes = false

    func run() throws {
        let digits = level.uppercased().hasPrefix("K") ? level.dropFirst() : level[...]
        guard let level = UInt8(digits).flatMap(KillLevel.init) else {
            throw Failure("there is no kill level '\(level)'", hint: "levels are K1 to K4, see `mmsim help kill`", code: Failure.usage)
        }
        let name = try choice.name()
        if level == .flatten, !yes { try Confirmation.require("\(name): everything that its accounts hold is closed", word: "flatten") }
        Terminal.out(try choice.ask(.kill(level), name))
    }
}

struct FlattenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.flatten.rawValue, abstract: LiveProgram.Word.flatten.abstract,
        discussion: "As `mmsim kill K4`. The process goes on, and sends nothing that is not closing; `mmsim status` shows how far it is.")

    @OptionGroup var choice: RunChoice

    @Flag(help: "Asks nothing.")
    var yes = false

    func run() throws {
        let name = try choice.name()
        if !yes { try Confirmation.require("\(name): everything that its accounts hold is closed", word: "flatten") }
        Terminal.out(try choice.ask(.flatten, name))
    }
}

struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.set.rawValue, abstract: LiveProgram.Word.set.abstract,
        discussion: """
            The next decision is made by the new value; orders that rest are changed by their usual rules. `mmsim strategies NAME` says
            which parameters can change. With several strategies in a run, name the one: NAME.KEY=VALUE.

              mmsim set min_net="4 bp" max_inventory=3
            """)

    @Argument(help: ArgumentHelp("Parameters and their values, as a scenario writes them.", valueName: "key=value"))
    var changes: [String]

    @OptionGroup var choice: RunChoice

    func run() throws {
        let pairs = try changes.map { change in
            guard let equals = change.firstIndex(of: "="), equals > change.startIndex else {
                throw Failure("'\(change)' is not KEY=VALUE", hint: "write it like min_net=\"4 bp\"", code: Failure.usage)
            }
            return (key: String(change[..<equals]), value: String(change[change.index(after: equals)...]))
        }
        let name = try choice.name()
        for (key, value) in pairs { Terminal.out(try choice.ask(.set(key: key, value: value), name)) }
    }
}
