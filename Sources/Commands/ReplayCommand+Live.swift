internal import ArgumentParser
internal import Market
internal import Report
internal import Runtime

/// Replays of live runs: sessions and core are fed with the bytes that came, and what they hand over is compared byte for byte.
extension ReplayCommand {
    func runLive() throws {
        let outcome: LiveJournalReplay.Outcome
        do {
            outcome = try LiveJournalReplay(journal, registry: Mmsim.strategies).run { _ in !Interruption.wasRequested }
        } catch { throw Failure(error) }
        let isEqual = outcome.difference == nil && outcome.isCoreEqual
        if json {
            Terminal.write(Self.json(outcome, isEqual).pretty, to: 1)
        } else if let difference = outcome.difference {
            Terminal.out(
                """
                different at record \(difference.number)
                journal:  \(difference.expected.map(Self.text) ?? "nothing more")
                replayed: \(difference.found.map(Self.text) ?? "nothing")
                """)
        } else if !isEqual {
            Terminal.out("what crossed the border is equal, and what the core recorded is not: its hash differs")
        } else if !quiet {
            let restarts = outcome.restarts == 0 ? "" : ", \(outcome.restarts) restarts"
            Terminal.out("equal: \(outcome.records) records at the border, \(outcome.handedOver) of them handed over\(restarts)")
        }
        if !outcome.isComplete, !quiet { Terminal.error("the journal has no end: its run was killed or stopped, or still goes on") }
        guard isEqual else { throw ExitCode(Failure.check) }
        if Interruption.wasRequested { throw ExitCode(Failure.interrupted) }
    }

    private static func text(_ entry: BorderEntry) -> String {
        let record = entry.record
        let text = String(decoding: entry.bytes.prefix(1_000), as: UTF8.self).replacing("\n", with: " ⏎ ")
        return "\(record.time.iso8601)  \(record.kind) \(record.number) of session \(record.session)\(text.isEmpty ? "" : ": ")\(text)"
    }

    private static func json(_ outcome: LiveJournalReplay.Outcome, _ isEqual: Bool) -> JSONValue {
        var object: [String: JSONValue] = [
            "equal": .boolean(isEqual), "records": .integer(Int64(outcome.records)), "handed_over": .integer(Int64(outcome.handedOver)),
            "restarts": .integer(Int64(outcome.restarts)), "complete": .boolean(outcome.isComplete),
        ]
        if let difference = outcome.difference {
            object["difference"] = .object([
                "record": .integer(Int64(difference.number)), "expected": difference.expected.map { .string(text($0)) } ?? .null,
                "found": difference.found.map { .string(text($0)) } ?? .null,
            ])
        }
        return .object(object)
    }
}
