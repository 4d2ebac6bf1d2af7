internal import ArgumentParser
internal import Foundation
internal import Report
internal import Runtime

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compares a live run with what the simulator makes of the same orders on the same market.",
        discussion: """
            What the run did to its market is taken out of it first: its resting orders from their levels, its trades from the trades.
            Then each order is sent once more to simulated venues at the time at which it reached the venue, and what fills there is
            compared with what filled live, order by order and lot by lot. Each difference has its cause; the difference in profit is
            split into missed fills, extra fills, prices and fees, and what is left over is shown. The exit code is 4 when an order's
            difference has no cause.

            The market without the run's orders can be kept as a tape, and strategies tried on it: add --tape, then name that tape in a
            scenario for `mmsim backtest`.
            """)

    @Argument(help: "The journal of a live run.")
    var journal: String

    @Option(help: ArgumentHelp("Keeps the market without the run's orders there.", valueName: "path"))
    var tape: String?

    @Flag(help: "Prints everything as JSON, with all orders that differ.")
    var json = false

    func run() throws {
        Interruption.watch()
        guard LiveJournalFile.isLive(journal) else {
            // What is no journal at all says so.
            do { _ = try JournalFile(opening: journal) } catch { throw Failure(error) }
            throw Failure(
                "'\(journal)' is not the journal of a live run: nothing in it was filled by a venue",
                hint: "replay it with `mmsim replay`", code: Failure.usage)
        }
        let scratch = FileManager.default.temporaryDirectory.appending(path: "mmsim-diff-\(UUID().uuidString)")
        if tape == nil {
            do {
                try FileManager.default.createDirectory(
                    at: scratch, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw Failure("'\(scratch.path)': \(error.localizedDescription)", hint: "name a place with --tape", code: Failure.runFailed)
            }
        }
        defer { if tape == nil { try? FileManager.default.removeItem(at: scratch) } }
        let diff: LiveDiff?
        do throws(RunError) {
            diff = try LiveDiff(
                journal: journal, registry: Mmsim.strategies, tape: tape ?? scratch.appending(path: "market.tape").path,
                goesOn: { !Interruption.wasRequested })
        } catch { throw Failure(error) }
        guard let diff else { throw ExitCode(Failure.interrupted) }
        let report = LiveDiffReport(diff)
        Terminal.write(json ? report.json.pretty : report.text, to: 1)
        if !diff.isComplete { Terminal.error("the journal has no end: its run was killed or stopped, or still goes on") }
        if diff.unexplained > 0 { throw ExitCode(Failure.check) }
    }
}
