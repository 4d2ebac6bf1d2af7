internal import ArgumentParser
internal import Foundation
internal import Market
internal import Runtime
internal import Scenario
internal import Strategies

struct ChaosCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos", abstract: "Runs a scenario over and over while things go wrong, and looks for what must never happen.",
        discussion: """
            Each seed takes a part of the scenario's market and draws one to four faults, or one that strikes in a drawn phase. \
            Faults end when 70 % of the run are over; at 80 % everything is cancelled and nothing is quoted any more, and at the end the \
            system must be at rest; every fourth seed closes everything, too. \
            A seed that fails is run again with fewer faults, and the command that repeats it is printed. Exit code 4: a seed has failed.

            What goes wrong:
            \(list(ChaosFault.drawn(overWire: false).map { ($0.rawValue, $0.summary) }))

            With --wire core and venues meet over the venues' own protocol (Backpack's, under each venue's rules and fees), on a \
            virtual network, and what goes wrong is:
            \(list(ChaosFault.drawn(overWire: true).map { ($0.rawValue, $0.summary) }))

            What goes wrong elsewhere, and is not drawn here:
            \(list(UndrawnFault.allCases.map { ($0.rawValue, "\($0.level.rawValue): \($0.summary)") }))

            What must hold:
            \(list(Invariant.allCases.map { ($0.rawValue, $0.summary) }))
            """)

    @OptionGroup var options: ScenarioOptions

    @Option(help: "How many seeds.")
    var seeds = 100

    @Option(name: .customLong("seed"), help: "The first seed.")
    var firstSeed: UInt64 = 1

    @Flag(help: "Lets core and venues meet over the venues' protocol on a virtual network, and draws its faults.")
    var wire = false

    @Option(help: ArgumentHelp("Faults to draw from, with commas between them. Default: all.", valueName: "list"))
    var faults: String?

    @Option(help: "Simulated minutes of a run, 1 to 1440.")
    var minutes = 10

    @Option(help: "Threads. Default: as many as there are processors.")
    var jobs: Int?

    @Option(help: ArgumentHelp("Of each seed's faults only those with these numbers, as a failure names them.", valueName: "list"))
    var keep: String?

    @Option(help: ArgumentHelp("Writes the journal of every run into this folder, for `mmsim replay`.", valueName: "folder"))
    var journal: String?

    @Option(help: ArgumentHelp("Writes the journals of the runs that fail into this folder.", valueName: "folder"))
    var failures: String?

    func run() throws {
        guard seeds >= 1, seeds <= 10_000_000 else { throw Self.usage("--seeds is 1 to 10000000") }
        guard (1...1_440).contains(minutes) else { throw Self.usage("--minutes is 1 to 1440") }
        guard jobs.map({ (1...256).contains($0) }) ?? true else { throw Self.usage("--jobs is 1 to 256") }
        let scenario = try options.load()
        let chosen = try chosenFaults()
        var campaign = Chaos.Options(
            seeds: seeds, firstSeed: firstSeed, faults: chosen, minutes: minutes,
            jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, kept: try keptNumbers(), isOverWire: wire)
        (campaign.journals, campaign.failedJournals) = (try folder(journal), try folder(failures))
        do {
            let chaos = try Chaos(scenario, registry: Mmsim.strategies, campaign)
            let progress = Progress(seeds)
            Interruption.watch()
            let outcome = try chaos.run { progress.update($0) }
            progress.finish()
            show(outcome, scenario, chosen, seconds: progress.elapsed)
            if !outcome.failures.isEmpty { throw ExitCode(Failure.check) }
            if outcome.seeds < seeds { throw ExitCode(Failure.interrupted) }
        } catch let error as RunError {
            throw Failure(error)
        }
    }

    private static func usage(_ text: String) -> Failure { Failure(text, code: Failure.usage) }

    private func chosenFaults() throws -> [ChaosFault] {
        let drawn = ChaosFault.drawn(overWire: wire)
        guard let faults else { return drawn }
        return try faults.split(separator: ",").map { word in
            let name = word.trimmingCharacters(in: .whitespaces)
            guard let fault = ChaosFault(rawValue: name) else {
                throw Failure(
                    "there is no fault '\(name)'", hint: Spelling.hint(name, drawn.map(\.rawValue)) ?? "see `mmsim help chaos`",
                    code: Failure.usage)
            }
            guard drawn.contains(fault) else {
                throw Failure(
                    "the fault '\(name)' is \(wire ? "not" : "only") drawn with --wire", hint: "see `mmsim help chaos`", code: Failure.usage
                )
            }
            return fault
        }
    }

    /// Makes the folder unless it is there.
    private func folder(_ path: String?) throws -> String? {
        guard let path else { return nil }
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            throw Failure("'\(path)' can't be made a folder: \(error.localizedDescription)", hint: nil, code: Failure.runFailed)
        }
        return path
    }

    private func keptNumbers() throws -> [Int]? {
        guard let keep else { return nil }
        return try keep.split(separator: ",").map { word in
            guard let number = Int(word.trimmingCharacters(in: .whitespaces)), number >= 1 else {
                throw Failure("--keep: '\(word)' is not a number of a fault", hint: "the first fault is 1", code: Failure.usage)
            }
            return number - 1
        }
    }

    private static func list(_ rows: [(name: String, summary: String)]) -> String {
        rows.map { "  \(padded($0.name, 20))\($0.summary)" }.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String { text.padding(toLength: width, withPad: " ", startingAt: 0) }

    /// The failures, then what was tried: faults by the phase in which they took hold.
    private func show(_ outcome: Chaos.Outcome, _ scenario: Scenario, _ chosen: [ChaosFault], seconds: Double) {
        for failure in outcome.failures {
            Terminal.out("seed \(failure.seed) violates \(failure.invariant.rawValue) (\(failure.invariant.summary))\n  \(failure.text)")
            for fault in failure.faults { Terminal.out("  with \(fault)") }
            let kept = failure.kept.map { String($0 + 1) }.joined(separator: ",")
            let faults = (wire ? " --wire" : "") + (self.faults.map { " --faults \($0)" } ?? "")
            if let journal = failure.journal { Terminal.out("  journal: \(journal)") }
            Terminal.out(
                "  again: mmsim chaos \(options.scenario) --seeds 1 --seed \(failure.seed) --minutes \(minutes)\(faults)"
                    + (kept.isEmpty ? "" : " --keep \(kept)"))
        }
        let names = scenario.strategies.map(\.name).joined(separator: " + ")
        Terminal.out(
            Self.padded(names, max(20, names.count + 1)) + Phase.allCases.map { Self.padded($0.rawValue, 12) }.joined())
        for fault in chosen {
            let counts = Phase.allCases.map { phase in
                let cell = Chaos.Cell(fault: fault, phase: phase)
                return Self.padded(outcome.cells[cell].map(String.init) ?? (outcome.impossibility(cell) == nil ? "-" : "none"), 12)
            }
            Terminal.out(Self.padded(fault.rawValue, 20) + counts.joined())
        }
        for line in Self.missing(chosen, outcome) { Terminal.out(line) }
        let hours = outcome.simulatedSeconds / 3_600
        Terminal.out(
            "\n\(outcome.seeds) seeds from \(firstSeed), \(outcome.failures.count) failures; \(outcome.fills) fills; our record "
                + "adjusted in \(outcome.adjusted) runs; "
                + "hedged in \(outcome.hedged), closed in \(outcome.closed); hash \(String(outcome.hash, radix: 16))")
        if seconds > 0 {
            Terminal.out(
                "\(Self.rounded(hours)) simulated hours and \(outcome.events) records in \(Self.rounded(seconds)) s: "
                    + "\(Int(hours / seconds * 3_600)) hours an hour")
        }
    }

    /// The cells that are empty: those that must be, by reason, then those that more seeds may fill.
    private static func missing(_ chosen: [ChaosFault], _ outcome: Chaos.Outcome) -> [String] {
        let cells = chosen.flatMap { fault in Phase.allCases.map { Chaos.Cell(fault: fault, phase: $0) } }
        let empty = cells.filter { outcome.cells[$0] == nil }
        /// By phase: the faults, or that it is all of them.
        func text(_ cells: [Chaos.Cell]) -> String {
            Phase.allCases.compactMap { phase in
                let faults = cells.filter { $0.phase == phase }.map(\.fault.rawValue)
                guard !faults.isEmpty else { return nil }
                return "while \(phase.rawValue) " + (faults.count == chosen.count ? "any fault" : faults.joined(separator: ", "))
            }.joined(separator: "; ")
        }
        var reasons: [String] = []
        for cell in empty {
            guard let reason = outcome.impossibility(cell), !reasons.contains(reason) else { continue }
            reasons.append(reason)
        }
        let open = empty.filter { outcome.impossibility($0) == nil }
        return reasons.map { why in "none, as \(why): " + text(empty.filter { outcome.impossibility($0) == why }) }
            + (open.isEmpty ? [] : ["not met by these seeds, more may: " + text(open)])
    }

    private static func rounded(_ value: Double) -> String { String((value * 10).rounded() / 10) }

    /// The line on the terminal, behind the campaign's own lock.
    private final class Progress: @unchecked Sendable {
        private let line = ProgressLine(isQuiet: false)
        private let seeds: Int

        init(_ seeds: Int) { self.seeds = seeds }

        var elapsed: Double { line.elapsed }

        func update(_ outcome: Chaos.Outcome) -> Bool {
            line.update(Double(outcome.seeds) / Double(seeds)) { _ in
                "\(outcome.seeds) of \(self.seeds) seeds, \(outcome.failures.count) failures, \(outcome.cells.count) cells"
            }
            return !Interruption.wasRequested
        }

        func finish() { line.finish() }
    }
}
