internal import Foundation
package import Report
package import Runtime
package import Scenario
internal import Signing

/// What varies between identical runs: `run.json` beside the report.
package struct RunFacts {
    private let scenario: Scenario
    private let outcome: Backtest.Outcome
    private let tapes: [String]
    private let seconds: Double

    /// - Parameters:
    ///   - tapes: Where the run's market is to be found.
    ///   - seconds: How long it took.
    package init(_ scenario: Scenario, _ outcome: Backtest.Outcome, tapes: [String], seconds: Double) {
        (self.scenario, self.outcome, self.tapes, self.seconds) = (scenario, outcome, tapes, seconds)
    }

    package static func decimal(_ value: Double) -> String {
        String(Int((value * 10).rounded()) / 10) + "." + String(Int((value * 10).rounded()) % 10)
    }

    var json: JSONValue {
        let binary = FileManager.default.contents(atPath: CommandLine.arguments[0]).map { sha256([UInt8]($0).span).description }
        return .object([
            "version": .string(Mmsim.version), "scenario_file": .string(scenario.file), "tapes": .array(tapes.map { .string($0) }),
            "wall_seconds": .decimal(Self.decimal(seconds)), "binary_sha256": binary.map { .string($0) } ?? .null,
            "journal_sha256": outcome.journalDigest.map { .string($0) } ?? .null,
        ])
    }
}

extension RunFolder {
    /// Writes a run's report, and moves the folder to its place.
    package func publish(_ report: RunReport, _ tables: RunTables, facts: RunFacts) throws(ReportError) {
        try tables.finish()
        try write(report.json.pretty, to: "report.json")
        try report.writeFigures(to: self)
        try write(report.page(tables).html(library: ChartLibrary.installed()), to: "report.html")
        try write(facts.json.pretty, to: "run.json")
        try publish()
    }
}
