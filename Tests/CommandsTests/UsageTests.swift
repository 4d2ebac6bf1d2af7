import Foundation
import Testing

@Suite struct UsageTests {
    private static let commands = [
        ["backtest"], ["replay"], ["diff"], ["journal"], ["journal", "show"], ["chaos"], ["scenario"], ["scenario", "check"],
        ["scenario", "schema"], ["strategies"], ["tape"], ["tape", "import"], ["tape", "info"], ["tape", "check"], ["tape", "sql"],
        ["tape", "cut"], ["tape", "merge"], ["tape", "redecode"], ["tape", "export"], ["tape", "plot"], ["synth"], ["synth", "make"],
        ["synth", "fit"], ["research"], ["research", "queue"],
    ]

    @Test func `help lists the commands that there are`() throws {
        let outcome = try Program().run("--help")
        #expect((outcome.code, outcome.error) == (0, ""))
        let list = try #require(outcome.out.components(separatedBy: "SUBCOMMANDS:\n").last?.components(separatedBy: "\n\n").first)
        let names = list.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(
            names == [
                "backtest", "replay", "diff", "journal", "chaos", "scenario", "strategies", "tape", "synth", "research", "record", "paper",
                "live", "venue", "diagnose", "status", "stop", "kill", "flatten", "set",
            ])
    }

    @Test(arguments: commands)
    func `each command explains itself`(words: [String]) throws {
        let outcome = try Program().run(words + ["--help"])
        #expect((outcome.code, outcome.error) == (0, ""))
        #expect(outcome.out.contains("USAGE: mmsim \(words.joined(separator: " "))"))
    }

    @Test func `without a command it explains itself`() throws {
        let outcome = try Program().run()
        #expect((outcome.code, outcome.error) == (0, ""))
        #expect(outcome.out.contains("USAGE: mmsim <subcommand>"))
    }

    @Test func `it tells its version`() throws {
        #expect(try Program().run("--version") == .init(code: 0, out: "0.1.0\n", error: ""))
    }

    @Test(arguments: [
        (["bactest"], "error: there is no command 'bactest'\nhint: did you mean 'backtest'?\n"),
        (
            ["optimise"],
            "error: there is no command 'optimise'\nhint: there are: backtest, replay, diff, journal, chaos, scenario, strategies, tape, "
                + "synth, research, record, paper, live, venue, diagnose, status, stop, kill, flatten, set\n"
        ),
        (["tape", "inof"], "error: there is no command 'inof'\nhint: did you mean 'info'?\n"),
    ])
    func `an unknown command is a wrong use`(words: [String], error: String) throws {
        let outcome = try Program().run(words)
        #expect(outcome == .init(code: 2, out: "", error: error))
    }

    @Test(arguments: [
        (["backtest", "a.yaml", "--fast"], "error: Unknown option '--fast'"),
        (["backtest", "a.yaml", "--set"], "error: Missing value for '--set <key=value>'"),
        (["chaos", "a.yaml", "--seeds=0"], "error: --seeds is 1 to 10000000"),
        (["chaos", "a.yaml", "--minutes=2000"], "error: --minutes is 1 to 1440"),
        (["scenario", "check", "--"], "error: Missing expected argument '<scenario>'"),
        (["tape", "info", "--"], "error: Missing expected argument '<tape>'"),
        (["synth", "--duration", "2 h"], "error: Missing expected argument '--out <out>'"),
        (["synth", "--out=x", "--venues=4"], "error: --venues takes 2 or 3"),
        (["synth", "--out=x", "--duration=2"], "error: --duration '2' wants a number and a unit: \"90 min\", \"2 h\", \"3 d\""),
        (["synth", "--out=x", "--duration=-2 h"], "error: --duration '-2 h' wants a number and a unit"),
        (["synth", "--out=x", "--cascade=-1.5 %"], "error: --cascade '-1.5 %' wants a share of at most 50 % and a time"),
        (["synth", "--out=x", "--seed=many"], "error: The value 'many' is invalid for '--seed <seed>'"),
    ])
    func `a wrong argument is a wrong use`(words: [String], start: String) throws {
        let outcome = try Program().run(words)
        #expect((outcome.code, outcome.out) == (2, ""))
        #expect(outcome.error.hasPrefix(start), "\(outcome.error)")
    }
}
