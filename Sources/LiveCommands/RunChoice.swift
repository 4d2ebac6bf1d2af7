internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Live

/// Which running process is meant.
struct RunChoice: ParsableArguments {
    @Option(help: ArgumentHelp("The run's name, where several go on.", valueName: "name"))
    var run: String?

    @Option(
        help: ArgumentHelp(
            "The state folder. Default: $MMSIM_STATE, else $XDG_STATE_HOME/mmsim, else ~/.local/state/mmsim.", valueName: "folder"))
    var state: String?

    private var folder: String { StateFolder(stated: state, environment: ProcessInfo.processInfo.environment).path }

    func path(_ name: String) -> String { ControlSocket.path(state: folder, run: name) }

    /// The runs that are meant: the one that is named, or all that go on.
    ///
    /// - Throws: Where there is none.
    func names() throws -> [String] {
        let going = ControlSocket.names(state: folder).filter { ControlClient.isRunning(at: path($0)) }
        guard let run else {
            guard !going.isEmpty else {
                throw Failure(
                    "no run goes on",
                    hint: "start one with `mmsim live`, or name its state folder with --state: '\(folder)' was looked into",
                    code: Failure.runFailed)
            }
            return going
        }
        guard going.contains(run) else {
            throw Failure(
                "no run '\(run)' goes on",
                hint: going.isEmpty ? "none does, by '\(folder)'" : "there are: \(going.joined(separator: ", "))",
                code: Failure.runFailed)
        }
        return [run]
    }

    /// The one run that is meant.
    func name() throws -> String {
        let names = try names()
        guard names.count == 1 else {
            throw Failure("several runs go on: \(names.joined(separator: ", "))", hint: "say which: --run \(names[0])", code: Failure.usage)
        }
        return names[0]
    }

    /// Asks a run, and returns what it says.
    func ask(_ request: ControlRequest, _ name: String) throws -> String {
        let answer: ControlAnswer
        do { answer = try ControlClient.ask(request, at: path(name)) } catch {
            throw Failure(error.message, hint: error.hint, code: Failure.runFailed)
        }
        guard answer.isDone else { throw Failure("\(name): \(answer.text)", hint: answer.hint, code: Failure.runFailed) }
        return answer.text
    }

    /// Whether the run still goes on.
    func isRunning(_ name: String) -> Bool { ControlClient.isRunning(at: path(name)) }
}

/// What can't be undone is asked for twice.
enum Confirmation {
    /// - Throws: Unless the word is typed.
    static func require(_ what: String, word: String) throws {
        guard isatty(0) == 1 else {
            throw Failure("\(what): nobody can be asked whether that is meant", hint: "say so with --yes", code: Failure.usage)
        }
        Terminal.write("\(what). Type '\(word)' to go on: ", to: 2)
        guard readLine() == word else { throw Failure("nothing was done", code: Failure.runFailed) }
    }
}
