internal import ArgumentParser
internal import Foundation
internal import Market
internal import Report
internal import Runtime
internal import Trading

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Feeds a journal to a fresh core and compares every command.",
        discussion: """
            The private events come from the journal, the market from the tapes that the run read: found by the hashes of what they
            hold. The first command that differs is shown with what led to it and the records around it; the exit code is then 4. The
            journal of a live run holds the bytes that came: sessions and core are fed with them, and every byte handed over is compared.
            """)

    @Argument(help: "A journal, such as reports/demo/journal.sqlite.")
    var journal: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Tapes, or folders of them, that the run read. Default: those that run.json beside the journal names.", valueName: "tape|folder"
        ))
    var tapes: [String] = []

    @Flag(help: "Prints the outcome as JSON.")
    var json = false

    @Flag(help: "Prints nothing when all commands are equal.")
    var quiet = false

    func run() throws {
        Interruption.watch()
        if LiveJournalFile.isLive(journal) { return try runLive() }
        let names: JournalNames
        let outcome: Replay.Outcome
        do {
            let file = try JournalFile(opening: journal)
            names = file.names
            let replay = try Replay(file, tapes: tapes.isEmpty ? Self.tapes(beside: journal) : tapes, registry: Mmsim.strategies)
            outcome = try replay.run { _ in !Interruption.wasRequested }
        } catch { throw Failure(error) }
        if json {
            Terminal.write(Self.json(outcome, names).pretty, to: 1)
        } else if let difference = outcome.difference {
            Terminal.write(Self.text(difference, names), to: 1)
        } else if !quiet {
            Terminal.out(
                "equal: \(outcome.records) records, \(outcome.commands) commands among them, on \(outcome.marketRecords) market records")
        }
        if !outcome.ending.isComplete, !quiet {
            Terminal.error("the journal ended early, after record \(outcome.ending.records): its run was killed or still goes on")
        }
        if outcome.difference != nil { throw ExitCode(Failure.check) }
        if Interruption.wasRequested { throw ExitCode(Failure.interrupted) }
    }

    /// What the run wrote of itself; paths stand as it was told them.
    private static func tapes(beside journal: String) -> [String] {
        let path = (journal as NSString).deletingLastPathComponent
        let file = path.isEmpty ? "run.json" : path + "/run.json"
        guard let data = FileManager.default.contents(atPath: file),
            let facts = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { return [] }
        return facts["tapes"] as? [String] ?? []
    }

    private static func text(_ difference: Replay.Difference, _ names: JournalNames) -> String {
        func line(_ entry: JournalFile.Entry) -> String { JournalCommand.line(entry, names.tell(entry.entry)) }
        let cause =
            switch difference.cause {
            case .record(let entry): line(entry)
            case .market(let event): "\(event.receiveTime.iso8601)  ← \(names.text(event))"
            case nil: "nothing: it is the first record"
            }
        let found = difference.found.map { "\(difference.time.iso8601)  " + names.tell(.command($0, at: difference.time)).text }
        var text = """
            different at record \(difference.expected.map { String($0.number) } ?? "after the last"), \(difference.time.iso8601)
            after:    \(cause)
            journal:  \(difference.expected.map(line) ?? "nothing more")
            replayed: \(found ?? "no command")
            around it in the journal:

            """
        for entry in difference.before { text += "  " + line(entry) + "\n" }
        if let expected = difference.expected { text += "* " + line(expected) + "\n" }
        for entry in difference.after { text += "  " + line(entry) + "\n" }
        return text
    }

    private static func json(_ outcome: Replay.Outcome, _ names: JournalNames) -> JSONValue {
        var object: [String: JSONValue] = [
            "equal": .boolean(outcome.difference == nil), "records": .integer(outcome.records), "commands": .integer(outcome.commands),
            "market_records": .integer(outcome.marketRecords), "complete": .boolean(outcome.ending.isComplete),
        ]
        if let difference = outcome.difference {
            func value(_ entry: JournalFile.Entry) -> JSONValue { JournalCommand.json(entry, names.tell(entry.entry), cause: nil) }
            let cause: JSONValue =
                switch difference.cause {
                case .record(let entry): value(entry)
                case .market(let event): .object(["market": .string(names.text(event)), "time": .string(event.receiveTime.iso8601)])
                case nil: .null
                }
            object["difference"] = .object([
                "time": .string(difference.time.iso8601), "cause": cause, "expected": difference.expected.map(value) ?? .null,
                "found": difference.found.map { .string(names.tell(.command($0, at: difference.time)).text) } ?? .null,
                "before": .array(difference.before.map(value)), "after": .array(difference.after.map(value)),
            ])
        }
        return .object(object)
    }
}
