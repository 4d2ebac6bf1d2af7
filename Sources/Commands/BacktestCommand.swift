internal import ArgumentParser
internal import Market
internal import Report
internal import Runtime
internal import Scenario
internal import Signing
internal import Strategies

struct BacktestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest", abstract: "Runs a scenario and writes a report.",
        discussion: """
            The report is a folder: report.html, report.json, run.json, fills.csv, orders.csv, equity.csv, positions.csv, notes.csv,
            markouts.csv, hedge_latency.csv, hedge_costs.csv, exposures.csv and journal.sqlite. Exit code 4: a check of the strategy
            failed. Ctrl-C ends the run early; the report is written and says that it is partial.
            """)

    @OptionGroup var options: ScenarioOptions

    @Option(help: "The report's folder. Default: reports/NAME.")
    var out: String?

    @Flag(name: .customLong("no-journal"), help: "Writes no journal file; its hash is made all the same.")
    var noJournal = false

    @Flag(help: "Runs the scenario eight times more: with other queue models, and half and twice the latency of orders.")
    var stress = false

    @Flag(help: "Shows no progress and no summary.")
    var quiet = false

    @Flag(help: "Prints report.json instead of the summary.")
    var json = false

    func run() throws {
        let scenario = try options.load()
        do {
            try run(scenario, Backtest(scenario, registry: Mmsim.strategies))
        } catch let error as RunError {
            throw Failure(error)
        } catch let error as ReportError {
            throw Failure(error)
        }
    }

    private func run(_ scenario: Scenario, _ backtest: Backtest) throws {
        let folder = try RunFolder(path: out ?? "reports/" + scenario.name)
        let tables = try RunTables(folder)
        let progress = ProgressLine(isQuiet: quiet || json)
        Interruption.watch()
        let outcome = try backtest.run(journalPath: noJournal ? nil : folder.file("journal.sqlite"), output: tables) { step in
            Self.show(step, on: progress)
            return !Interruption.wasRequested
        }
        progress.finish()
        let elapsed = progress.elapsed
        let stressed =
            stress && !outcome.isPartial
            ? try Stress.run(scenario, base: outcome, registry: Mmsim.strategies) { !Interruption.wasRequested } : nil
        try write(scenario, outcome, stressed, folder, tables, seconds: elapsed)
        if !quiet, !json, !outcome.checks.isEmpty {
            Terminal.out("\n" + outcome.checks.map(\.description).joined(separator: "\n"))
        }
        if outcome.isPartial || (stress && stressed == nil) { throw ExitCode(Failure.interrupted) }
        if outcome.checks.contains(where: { !$0.passes }) { throw ExitCode(Failure.check) }
    }

    private static func show(_ step: Backtest.Progress, on progress: ProgressLine) {
        let span = Double((step.end - step.start).count)
        let done = Double((step.time - step.start).count)
        progress.update(span > 0 ? done / span : 1) { elapsed in
            let speed = elapsed > 0 ? done / 1e9 / elapsed : 0
            let rate = elapsed > 0 ? Double(step.events) / elapsed / 1e6 : 0
            return "\(step.time.iso8601.prefix(19)), \(Int(speed))× real time, \(Int(rate * 10) / 10) M events/s"
        }
    }

    private func write(
        _ scenario: Scenario, _ outcome: Backtest.Outcome, _ stress: Stress?, _ folder: RunFolder, _ tables: RunTables, seconds: Double
    ) throws(ReportError) {
        let report = RunReport(
            name: scenario.name, strategy: scenario.strategyText, scenarioHash: scenario.hash.description, seed: scenario.seed,
            overrides: scenario.overrides.map { "\($0.key) = \($0.value) (\($0.source))" }, outcome: outcome, stress: stress)
        try folder.publish(report, tables, facts: RunFacts(scenario, outcome, tapes: scenario.tapes, seconds: seconds))
        if json {
            Terminal.write(report.json.pretty, to: 1)
        } else if !quiet {
            Terminal.write(report.terminal, to: 1)
            let rate = seconds > 0 ? Double(outcome.events) / seconds / 1e6 : 0
            let speed = "\(RunFacts.decimal(seconds)) s (\(RunFacts.decimal(rate)) M/s)"
            Terminal.out("\n\(outcome.events) records in \(speed)\nreport: \(folder.path)/report.html")
        }
    }
}
