internal import ArgumentParser
internal import Foundation

/// The commands that need the network are in a program of their own, so that a backtest never waits for a TLS library to be built.
package enum LiveProgram {
    package static let name = "mmsim-live"
    /// Tells the other program which version calls it.
    package static let versionVariable = "MMSIM_CALLER_VERSION"

    /// What the help of both programs says of each of its commands.
    package enum Word: String, CaseIterable {
        case record, paper, live, venue, diagnose, status, stop, kill, flatten, set

        package var abstract: String {
            switch self {
            case .record: "Records a venue's public data to a tape, as it comes."
            case .paper: "Runs a scenario on the venues' live market, with simulated fills."
            case .venue: "Serves a venue's protocol on this machine, over a tape."
            case .live: "Trades a scenario for real."
            case .diagnose: "Proves that accounts work: rules, book, clock, balances, and the life of a small order."
            case .status: "Shows how a running process is: strategies, venues, accounts, orders."
            case .stop: "Ends a running process in order; positions stay."
            case .kill: "Stops a running process from trading: K1 no quotes to K4 everything closed."
            case .flatten: "Closes everything that a running process holds."
            case .set: "Changes parameters of a running strategy."
            }
        }
    }

    /// Runs the other program in place of this one, where its command is asked for.
    static func takeOver(_ arguments: [String]) {
        let words = arguments.dropFirst().filter { $0 != "help" }
        guard let word = words.first, Word(rawValue: word) != nil else { return }
        do { try run(Array(arguments.dropFirst())) } catch let failure as Failure {
            failure.print()
            exit(failure.code)
        } catch { exit(Failure.runFailed) }
    }

    private static func run(_ arguments: [String]) throws -> Never {
        guard let path = find() else {
            throw Failure(
                "'\(name)' is neither beside mmsim nor in PATH: the commands that need the network are in it",
                hint: "build it with `make live`", code: Failure.usage)
        }
        unsafe setenv(versionVariable, Mmsim.version, 1)
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        unsafe execv(path, &words)
        let reason = unsafe String(cString: strerror(errno))
        throw Failure("'\(path)' can't be run: \(reason)", code: Failure.runFailed)
    }

    private static func find() -> String? {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = (own as NSString).deletingLastPathComponent
        let folders = [beside] + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { String($0) }
        return folders.filter { !$0.isEmpty }.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Called at the start of the other program: what calls it has to be of its version.
    package static func checkCaller() {
        guard let caller = ProcessInfo.processInfo.environment[versionVariable], caller != Mmsim.version else { return }
        Failure(
            "mmsim is version \(caller), and \(name) beside it is version \(Mmsim.version)", hint: "build both anew: make build live",
            code: Failure.usage
        ).print()
        exit(Failure.usage)
    }

    struct Record: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.record.rawValue, abstract: Word.record.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Paper: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.paper.rawValue, abstract: Word.paper.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Venue: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.venue.rawValue, abstract: Word.venue.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Live: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.live.rawValue, abstract: Word.live.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Diagnose: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.diagnose.rawValue, abstract: Word.diagnose.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.status.rawValue, abstract: Word.status.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Stop: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.stop.rawValue, abstract: Word.stop.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Kill: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.kill.rawValue, abstract: Word.kill.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Flatten: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.flatten.rawValue, abstract: Word.flatten.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: Word.set.rawValue, abstract: Word.set.abstract)
        @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []
    }
}
