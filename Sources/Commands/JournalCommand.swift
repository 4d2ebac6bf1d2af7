internal import ArgumentParser
internal import Market
internal import Report
internal import Runtime
internal import Trading

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Tells what happened in a run and why.", subcommands: [Show.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints a journal's records: all, or those around a time, of an order or an account.",
            discussion: """
                ← entered the core, → left it. Under each command stands what led to it. Market data are in the tapes, not in the
                journal: `mmsim replay` feeds them. A journal whose run was killed is read up to its last commit, and says so.
                """)

        @Argument(help: "A journal, such as reports/demo/journal.sqlite.")
        var journal: String

        @Option(help: ArgumentHelp("Only records around this time, such as 2025-01-01T00:01:02.", valueName: "time"))
        var around: String?

        @Option(help: ArgumentHelp("How far on each side of --around: a number of seconds.", valueName: "seconds"))
        var within: String = "1"

        @Option(help: "Only records of the order of this number.")
        var order: UInt64?

        @Option(help: "Only records of this account.")
        var account: String?

        @Flag(help: "Prints one JSON object a line.")
        var json = false

        @Flag(help: "Reads what is intact of a journal that was cut or damaged.")
        var salvage = false

        func run() throws {
            do {
                let file = try JournalFile(opening: journal, salvages: salvage)
                var story = JournalStory(file, try question(file.names))
                while let entry = try file.next() {
                    guard let line = story.take(entry) else { continue }
                    print(line, story.names)
                }
                if !json, let fate = story.fate { Terminal.out(JournalCommand.text(fate, story.names)) }
                JournalCommand.say(file.ending)
            } catch let error as RunError { throw Failure(error) }
        }

        private func question(_ names: JournalNames) throws -> JournalStory.Question {
            var question = JournalStory.Question(order: order.map { OrderID($0) })
            if let around {
                guard let time = Timestamp(iso8601: around) else {
                    throw Failure("'\(around)' is not a time", hint: "write 2025-01-01T00:01:02.5, in UTC", code: Failure.usage)
                }
                question.around = time
            }
            guard let span = try? Decimal.parse(within.utf8, decimals: 9), span >= 0 else {
                throw Failure("'\(within)' is not a number of seconds", hint: "write --within 0.5", code: Failure.usage)
            }
            question.within = Nanoseconds(count: span)
            if let account {
                guard let id = names.account(named: account) else {
                    let known = names.accountNames
                    throw Failure(
                        "the journal has no account '\(account)'",
                        hint: Spelling.closest(account, known).map { "did you mean '\($0)'?" }
                            ?? "it has: \(known.joined(separator: ", "))", code: Failure.usage)
                }
                question.account = id
            }
            return question
        }

        private func print(_ line: JournalStory.Line, _ names: JournalNames) {
            guard !json else { return Terminal.out(JournalCommand.json(line.entry, line.told, cause: line.cause).compact) }
            Terminal.out(JournalCommand.line(line.entry, line.told))
            switch line.cause {
            case .record(let entry): Terminal.out("            because of record \(entry.number): \(names.tell(entry.entry).text)")
            case .market(let time): Terminal.out("            because of market data that reached us at \(time.iso8601)")
            case nil: break
            }
        }
    }

    /// A record on one line: number, time, what.
    static func line(_ entry: JournalFile.Entry, _ told: JournalNames.Told) -> String {
        let number = String(entry.number)
        return String(repeating: " ", count: max(0, 8 - number.utf8.count)) + number + "  \(entry.entry.time.iso8601)  \(told.text)"
    }

    static func json(_ entry: JournalFile.Entry, _ told: JournalNames.Told, cause: JournalStory.Cause?) -> JSONValue {
        var object: [String: JSONValue] = [
            "record": .integer(entry.number), "time": .string(entry.entry.time.iso8601), "what": .string(told.what),
            "direction": .string(told.isCommand ? "out" : "in"),
            "details": .object(Dictionary(told.details.map { ($0.name, .string($0.value)) }, uniquingKeysWith: { $1 })),
        ]
        object["account"] = told.account.map { .string($0) }
        object["instrument"] = told.instrument.map { .string($0) }
        object["order"] = told.order.map { .string(String($0.rawValue)) }
        switch cause {
        case .record(let record): object["because_of_record"] = .integer(record.number)
        case .market(let time): object["because_of_market_data_at"] = .string(time.iso8601)
        case nil: break
        }
        return .object(object)
    }

    private static func text(_ fate: JournalStory.Fate, _ names: JournalNames) -> String {
        var text = "order \(fate.order.rawValue): filled \(names.quantity(fate.filled, fate.instrument)) of "
        text += names.quantity(fate.quantity, fate.instrument)
        if let average = names.average(tickLots: fate.filledTickLots, lots: fate.filled, fate.instrument) {
            text += " at \(average) on average"
        }
        if let end = fate.end { return text + ", ended by record \(end.number)" }
        return text + (fate.isAcknowledged ? ", open at the journal's end" : ", never acknowledged")
    }

    /// What a person must know of a journal that is not whole.
    private static func say(_ ending: JournalFile.Ending) {
        for loss in ending.losses { Terminal.error("lost: \(loss)") }
        guard !ending.isComplete else { return }
        let place = ending.last.map { "after record \(ending.records), \($0.iso8601)" } ?? "before its first record"
        Terminal.error("the journal ended early, \(place): its run was killed or still goes on; all up to there is whole")
    }
}
