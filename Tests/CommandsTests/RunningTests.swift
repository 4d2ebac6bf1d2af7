import Foundation
import Testing

@Suite struct RunningTests {
    private func synth(_ program: Program, _ name: String = "demo.tape", duration: String = "3 min", seed: Int = 42) throws
        -> Program.Outcome
    {
        try program.run("synth", "--out", name, "--duration", duration, "--seed", "\(seed)", "--quiet")
    }

    @Test func `a generated tape can be looked into, and a seed makes it again`() throws {
        let program = try Program()
        for (name, seed) in [("one.tape", 1), ("same.tape", 1), ("other.tape", 2)] {
            #expect(try synth(program, name, duration: "30 s", seed: seed) == .init(code: 0, out: "", error: ""))
        }
        let infos = try ["one.tape", "same.tape", "other.tape"].map { try program.run("tape", "info", $0) }
        for info in infos { #expect((info.code, info.error) == (0, "")) }
        let texts = zip(infos, ["one", "same", "other"]).map { $0.out.replacing($1 + ".tape", with: "x.tape") }
        #expect(texts[0].contains("backpack") && texts[0].contains("lighter"))
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }

    @Test func `a tape is not overwritten unless that is asked for`() throws {
        let program = try Program()
        #expect(try synth(program, duration: "5 s").code == 0)
        let again = try synth(program, duration: "5 s")
        #expect((again.code, again.out) == (2, ""))
        #expect(again.error.hasPrefix("error: ") && again.error.contains("\nhint: "), "\(again.error)")
        #expect(try program.run("synth", "--out", "demo.tape", "--duration", "5 s", "--quiet", "--replace").code == 0)
    }

    @Test(arguments: [
        ["--jump", "1.5 at 30 min"], ["--jump", "+80 % at 1 min"], ["--jump", "-1 % at noon"], ["--stray", "21"], ["--informed", "20"],
        ["--funding", "backpack 3 bp each 5 min"], ["--funding", "backpack 30 % at 5 min"], ["--funding", "grvt 3 bp every 5 min"],
    ])
    func `a market that can't be made is refused, saying what is wanted`(words: [String]) throws {
        let refused = try Program().run(["synth", "--out", "x.tape", "--duration", "5 s"] + words)
        #expect(refused.code == 2 && refused.error.contains(words[0] + (words[0] == "--stray" ? " takes" : " '\(words[1])'")))
    }

    @Test(arguments: [["tape", "info", "x.tape"], ["tape", "import", "x.tape", "--out", "y.tape", "--quiet"]])
    func `data that is missing or no data has a code of its own`(words: [String]) throws {
        let program = try Program()
        let missing = try program.run(words)
        #expect((missing.code, missing.out) == (3, ""))
        #expect(missing.error.hasPrefix("error: "), "\(missing.error)")
        try program.write("x.tape", "this is neither a tape nor a recording\n")
        let corrupt = try program.run(words)
        #expect((corrupt.code, corrupt.out) == (3, ""))
        #expect(corrupt.error.hasPrefix("error: "), "\(corrupt.error)")
        #expect(corrupt.error != missing.error)
        #expect(!program.exists("y.tape"))
    }

    @Test func `a backtest writes its report, the same each time`() throws {
        let program = try Program()
        #expect(try synth(program).code == 0)
        try program.write("demo.yaml", Scenarios.demo())
        let first = try program.run("backtest", "demo.yaml", "--out", "first")
        #expect((first.code, first.error) == (0, ""))
        #expect(first.out.contains("first/report.html"))
        let second = try program.run("backtest", "demo.yaml", "--out", "second", "--json", "--no-journal")
        #expect((second.code, second.error) == (0, ""))
        let report = try program.read("first/report.json")
        #expect(try program.read("second/report.json") == report)
        #expect(second.out == report)
        #expect(try JSONSerialization.jsonObject(with: Data(report.utf8)) is [String: Any])
        for file in ["report.html", "run.json", "fills.csv", "orders.csv", "equity.csv"] {
            #expect(program.exists("first/" + file), "\(file)")
        }
        #expect(program.exists("first/journal.sqlite"))
        #expect(!program.exists("second/journal.sqlite"))
    }

    @Test func `the checks of an account are in the report, and one that fails has a code of its own`() throws {
        let program = try Program()
        #expect(try synth(program, duration: "20 min").code == 0)
        let scenarios = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Scenarios/diagnostics.yaml")
        let text = try String(contentsOf: scenarios.standardizedFileURL, encoding: .utf8)
        try program.write("diagnostics.yaml", text.replacing("../Data/maker.tape", with: "demo.tape"))
        func checks(_ code: Int32, _ changes: String...) throws -> [Bool] {
            let run = try program.run(["backtest", "diagnostics.yaml", "--json", "--no-journal"] + changes.flatMap { ["--set", $0] })
            #expect(run.code == code, "\(run.error)")
            let report = try #require(try JSONSerialization.jsonObject(with: Data(run.out.utf8)) as? [String: Any])
            let checks = try #require(report["checks"] as? [[String: Any]])
            #expect(checks.allSatisfy { $0["text"] is String })
            let execution = try #require(report["execution"] as? [String: Any])
            #expect((execution["time_to_fill"] as? [[String: Any]])?.count == 6 && execution["unknown_outcome"] is [String: Any])
            return checks.compactMap { $0["passes"] as? Bool }
        }
        #expect(try checks(0) == Array(repeating: true, count: 16))
        let poor = try checks(4, "accounts.M.collateral=[\"1 USDC\"]")
        #expect(poor.contains(false) && poor.contains(true))
    }

    @Test func `a backtest that can't start says why by its code`() throws {
        let program = try Program()
        try program.write("demo.yaml", Scenarios.demo())
        let noTape = try program.run("backtest", "demo.yaml", "--quiet")
        #expect((noTape.code, noTape.out) == (3, ""))
        #expect(noTape.error.contains("demo.tape"), "\(noTape.error)")
        #expect(try synth(program, duration: "5 s").code == 0)
        for (setting, words) in [
            ("venues.backpack.feed=mtgox", "mtgox"), ("strategy.symbol=DOGE", "DOGE"), ("range.start=2001-01-01", "2001"),
            ("venues.backpack.minimum_notional=5 BTC", "BTC"), ("rates={}", "USDC"),
            ("venues.backpack.instruments.BTC.price_step=5 BTC", "venues.backpack.instruments.BTC.price_step is in BTC"),
            ("venues.backpack.instruments.BTC.price_step=1.5 USDC", "no multiple of the recording's tick of 1"),
            ("venues.backpack.instruments.BTC.size_step=0.000015 BTC", "no multiple of the recording's lot"),
            ("venues.backpack.instruments.SOL.price_step=1 USDC", "the run has no SOL at 'backpack'"),
        ] {
            let wrong = try program.run("backtest", "demo.yaml", "--quiet", "--set", setting)
            #expect((wrong.code, wrong.out) == (2, ""), "\(setting)")
            #expect(wrong.error.hasPrefix("error: ") && wrong.error.contains(words), "\(setting): \(wrong.error)")
        }
        #expect(!program.exists("reports/demo") && !program.exists("reports/demo.part"))
        try program.write("occupied", "")
        let noFolder = try program.run("backtest", "demo.yaml", "--quiet", "--out", "occupied/report")
        #expect((noFolder.code, noFolder.out) == (1, ""))
        #expect(noFolder.error.hasPrefix("error: can't write 'occupied/report.part': "), "\(noFolder.error)")
        #expect(
            try program.run("backtest", "demo.yaml", "--quiet", "--out", ".")
                == .init(
                    code: 2, out: "",
                    error: """
                        error: '.' holds something else than a report, which would replace it
                        hint: name a folder that is new, empty or an earlier report with --out

                        """))
    }

    @Test func `a bad row stops an import and leaves nothing, or is counted`() throws {
        let program = try Program()
        try program.write(
            "trades.csv",
            """
            exchange,symbol,timestamp,local_timestamp,id,side,price,amount
            binance-futures,BTCUSDT,1700000000000000,1700000000001000,1,buy,50000.1,0.5
            binance-futures,BTCUSDT,1700000000000000,1700000000001000,2,buy,fifty,0.5
            binance-futures,BTCUSDT,1700000001000000,1700000001001000,3,sell,50000.2,0.5

            """)
        let stopped = try program.run("tape", "import", "trades.csv", "--out", "t.tape")
        #expect((stopped.code, stopped.out) == (3, ""))
        #expect(stopped.error.contains("trades.csv:3"))
        #expect(try program.names == ["trades.csv"])
        let skipped = try program.run("tape", "import", "trades.csv", "--out", "t.tape", "--skip-bad")
        #expect(skipped.code == 0 && skipped.out.contains("not read: 1"))
    }

    @Test func `a full disk is said, and nothing half-written stands under the report's name`() throws {
        let program = try Program()
        #expect(try synth(program, duration: "10 min").code == 0)
        try program.write("demo.yaml", Scenarios.demo())
        let full = try program.run(["backtest", "demo.yaml", "--quiet"], blocks: 128)
        #expect((full.code, full.out) == (1, ""))
        #expect(full.error.hasPrefix("error: ") && full.error.contains("hint: "), "\(full.error)")
        #expect(!program.exists("reports/demo") && !program.exists("reports/demo.part"))
    }

    @Test func `an interrupted backtest writes what there is and has a code of its own`() throws {
        let program = try Program()
        #expect(try synth(program, duration: "30 min").code == 0)
        try program.write("demo.yaml", Scenarios.demo())
        let outcome = try program.run(["backtest", "demo.yaml", "--out", "report"]) { process in
            // The journal is opened after the signal is watched for.
            while process.isRunning, !program.exists("report.part/journal.sqlite") { usleep(1_000) }
            process.interrupt()
        }
        #expect((outcome.code, outcome.error) == (130, ""))
        let report = try #require(try JSONSerialization.jsonObject(with: Data(program.read("report/report.json").utf8)) as? [String: Any])
        #expect(report["partial"] as? Bool == true)
    }
}
