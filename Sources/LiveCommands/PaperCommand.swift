internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Live
internal import Market
internal import Network
internal import Report
internal import Runtime
internal import Scenario
internal import Signing
internal import Tape

struct PaperCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.paper.rawValue, abstract: LiveProgram.Word.paper.abstract,
        discussion: """
            The market is the venues' own, as it comes; orders meet the venue model that a backtest has, and nobody is sent any. A venue's \
            time is known here only when its streams have told it: the model goes on behind them, and what it reports comes no earlier \
            than the response latency after it, and no earlier than it could be known. How far behind that was is shown.

            Range and tapes of the scenario mean nothing here. The report is that of `mmsim backtest`; beside it stand the tapes of what \
            came, on which `mmsim replay` and `mmsim backtest` go. Ctrl-C ends the run early; the report is written and says so.

              mmsim paper Scenarios/demo.yaml --duration "1 h"
              mmsim paper demo.yaml --rest one=http://127.0.0.1:8787 --stream one=ws://127.0.0.1:8787
            """)

    @OptionGroup var options: ScenarioOptions
    @OptionGroup var network: VenueOptions

    @Option(help: ArgumentHelp("Ends by itself after so long, such as \"1 h\".", valueName: "time"))
    var duration: String?

    @Option(help: "The report's folder. Default: reports/NAME-paper.")
    var out: String?

    @Flag(name: .customLong("no-tapes"), help: "Keeps no tapes of what came: the journal can't be replayed then.")
    var noTapes = false

    @Flag(help: "Shows no progress and no summary.")
    var quiet = false

    @Flag(help: "Prints report.json instead of the summary.")
    var json = false

    func run() throws {
        let span = try self.span()
        let scenario = try options.load()
        do { try run(scenario, span) } catch let error as RunError { throw Failure(error) } catch let error as ReportError {
            throw Failure(error)
        } catch let error as TapeError { throw Failure(error) } catch let error as NetworkError { throw Failure(error) } catch let error
            as InquiryError
        { throw Failure(error) }
    }

    private func span() throws -> Nanoseconds? {
        guard let duration else { return nil }
        do throws(UnitText.Failure) { return try UnitText.duration(duration) } catch {
            throw Failure("--duration: \(error.message)", hint: error.hint, code: Failure.usage)
        }
    }

    private func run(_ scenario: Scenario, _ span: Nanoseconds?) throws {
        var clients = try network.venues(of: scenario).map(\.client)
        for index in clients.indices { clients[index].lanes = 2 }
        let folder = try RunFolder(path: out ?? "reports/\(scenario.name)-paper")
        let tables = try RunTables(folder)
        var choice = PaperRunner.Options(clients: clients)
        choice.duration = span
        choice.run = PaperRun.Options(journalPath: folder.file("journal.sqlite"), output: tables)
        if !noTapes { choice.tapePath = { folder.file("\($0).tape") } }
        let runner = try PaperRunner(scenario, registry: Mmsim.strategies, choice)
        Interruption.watch()
        let (instruments, warnings) = try runner.start()
        if !quiet {
            let names = instruments.map { "\($0.instrument.venueSymbol) at \($0.venue)" }.joined(separator: ", ")
            Terminal.error("on paper: \(names); Ctrl-C ends it")
            for warning in warnings { Terminal.error("warning: \(warning)") }
        }
        let begin = ContinuousClock.now
        let isInterrupted = watch(runner, for: span, scenario.reporting.code)
        let outcome = try runner.finish(isInterrupted: isInterrupted)
        let elapsed = ContinuousClock.now - begin
        try write(scenario, outcome, folder, tables, seconds: Double(elapsed.components.seconds))
        if isInterrupted { throw ExitCode(Failure.interrupted) }
        if outcome.checks.contains(where: { !$0.passes }) { throw ExitCode(Failure.check) }
    }

    // MARK: While it runs

    /// Tells how it goes; returns whether somebody interrupted it.
    private func watch(_ runner: PaperRunner, for span: Nanoseconds?, _ currency: String) -> Bool {
        let begin = ContinuousClock.now
        var last = begin
        let isSilent = quiet || json
        defer { if !isSilent, Terminal.isInteractive { Terminal.write("\r\u{1B}[K", to: 2) } }
        var wereUp = Set<String>()
        while !Interruption.wasRequested {
            usleep(50_000)
            let now = ContinuousClock.now
            if runner.failure != nil { return false }
            if let span, now - begin >= .nanoseconds(span.count) { return false }
            guard !isSilent else { continue }
            let progress = runner.soFar
            tellLost(progress, &wereUp)
            guard now - last >= (Terminal.isInteractive ? .seconds(1) : .seconds(10)) else { continue }
            last = now
            let line = Self.line(progress, currency)
            Terminal.isInteractive ? Terminal.write("\r\u{1B}[K" + line, to: 2) : Terminal.error(line)
        }
        return true
    }

    /// Says when a venue's streams are lost, and when they are back.
    private func tellLost(_ progress: PaperRunner.Progress, _ wereUp: inout Set<String>) {
        for line in progress.lines where line.isUp != wereUp.contains(line.venue) {
            if line.isUp {
                wereUp.insert(line.venue)
            } else {
                wereUp.remove(line.venue)
            }
            if Terminal.isInteractive { Terminal.write("\r\u{1B}[K", to: 2) }
            let why = line.lastEnd.isEmpty ? "" : ": \(line.lastEnd)"
            Terminal.error("\(line.venue): the streams are \(line.isUp ? "there" : "lost\(why)")")
        }
    }

    private static func line(_ progress: PaperRunner.Progress, _ currency: String) -> String {
        guard let status = progress.status else { return "" }
        let positions = status.positions.map { "\($0.account) \($0.text)" }.joined(separator: ", ")
        var parts = [
            String(progress.time.iso8601.dropFirst(11).prefix(8)), "lag \(status.figures.lag.count / 1_000_000) ms",
            "\(status.fills) fills",
            positions.isEmpty ? "flat" : positions, "PnL \(Decimal.text(status.profit / 10_000_000, decimals: 2, minimum: 2)) \(currency)",
        ]
        if status.figures.lateReports > 0 {
            parts.append("\(status.figures.lateReports) late by ≤ \(status.figures.largestLateness.count / 1_000_000) ms")
        }
        if progress.gaps > 0 { parts.append("\(progress.gaps) gaps") }
        if progress.alarms > 0 { parts.append("\(progress.alarms) alarms") }
        if progress.lostItems > 0 { parts.append("\(progress.lostItems) not recorded") }
        return parts.joined(separator: ", ")
    }

    // MARK: The report

    private func write(
        _ scenario: Scenario, _ outcome: Backtest.Outcome, _ folder: RunFolder, _ tables: RunTables, seconds: Double
    ) throws {
        let report = RunReport(
            name: scenario.name, strategy: scenario.strategyText, scenarioHash: scenario.hash.description, seed: scenario.seed,
            overrides: scenario.overrides.map { "\($0.key) = \($0.value) (\($0.source))" }, outcome: outcome)
        let kept = noTapes ? [] : (try? FileManager.default.contentsOfDirectory(atPath: folder.draft)) ?? []
        let tapes = kept.filter { $0.hasSuffix(".tape") }.sorted().map { "\(folder.path)/\($0)" }
        try folder.publish(report, tables, facts: RunFacts(scenario, outcome, tapes: tapes, seconds: seconds))
        if json {
            Terminal.write(report.json.pretty, to: 1)
        } else if !quiet {
            Terminal.write(report.terminal, to: 1)
            if !outcome.checks.isEmpty { Terminal.out("\n" + outcome.checks.map(\.description).joined(separator: "\n")) }
            Terminal.out("\n\(outcome.events) records\nreport: \(folder.path)/report.html")
        }
    }
}
