import Foundation
import TestSupport
import Testing

@Suite struct JournalCommandTests {
    /// A program with a finished backtest in `report`.
    private func finished(duration: String = "3 min") throws -> Program {
        let program = try Program()
        #expect(try program.run("synth", "--out", "demo.tape", "--duration", duration, "--seed", "42", "--quiet").code == 0)
        try program.write("demo.yaml", Scenarios.demo())
        #expect(try program.run("backtest", "demo.yaml", "--out", "report", "--quiet").code == 0)
        return program
    }

    @Test func `a journal replays on the tapes that the run names, and on any that hold the same`() throws {
        let program = try finished()
        let equal = try program.run("replay", "report/journal.sqlite")
        #expect((equal.code, equal.error) == (0, ""))
        #expect(equal.out.hasPrefix("equal: "), "\(equal.out)")
        #expect(try program.run("replay", "report/journal.sqlite", "--tapes", ".", "--quiet") == .init(code: 0, out: "", error: ""))
        let json = try program.run("replay", "report/journal.sqlite", "--tapes", "demo.tape", "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [String: Any])
        #expect(object["equal"] as? Bool == true && object["complete"] as? Bool == true)
        #expect(try program.run("synth", "--out", "other.tape", "--duration", "3 min", "--seed", "1", "--quiet").code == 0)
        let diff = try program.run("diff", "report/journal.sqlite")
        #expect(diff.code == 2 && diff.error.contains("is not the journal of a live run"), "\(diff.error)")
        let other = try program.run("replay", "report/journal.sqlite", "--tapes", "other.tape")
        #expect((other.code, other.out) == (3, ""))
        #expect(other.error.contains("no tape holds the feed") && other.error.contains("\nhint: "), "\(other.error)")
    }

    @Test func `a journal that tells of other commands has a code of its own, and the place is shown`() throws {
        let program = try finished()
        let before = try program.run("replay", "report/journal.sqlite")
        // The size that the strategy was given, in the text of what the core was built from.
        let journal = program.folder.appending(path: "report/journal.sqlite")
        var bytes = try [UInt8](Data(contentsOf: journal))
        let size = Array("\"size\":{\"kind\":\"amount\",\"numbers\":[5".utf8)
        let place = try #require(bytes.firstRange(of: size))
        bytes[place.upperBound - 1] = UInt8(ascii: "6")
        try Data(bytes).write(to: journal)
        let different = try program.run("replay", "report/journal.sqlite")
        #expect((before.code, different.code, different.error) == (0, 4, ""))
        #expect(different.out.hasPrefix("different at record "), "\(different.out)")
        for word in ["\nafter: ", "\njournal: ", "\nreplayed: ", "\n* "] { #expect(different.out.contains(word), "\(different.out)") }
    }

    @Test func `a journal is shown by time, order and account, as text and as JSON`() throws {
        let program = try finished()
        let all = try program.run("journal", "show", "report/journal.sqlite")
        #expect((all.code, all.error) == (0, ""))
        #expect(all.out.contains("→  submit  order 1  ") && all.out.contains("because of "))
        let order = try program.run("journal", "show", "report/journal.sqlite", "--order", "1")
        #expect(order.code == 0 && order.out.contains("\norder 1: filled ") && order.out.count < all.out.count)
        let lines = try program.run("journal", "show", "report/journal.sqlite", "--account", "M", "--json").out.split(separator: "\n")
        #expect(!lines.isEmpty)
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["account"] as? String == "M" && object["record"] is Int && object["details"] is [String: String])
        }
        let time = try #require(all.out.split(separator: "\n").first { $0.contains("submit") }?.split(separator: " ")[1])
        let around = try program.run("journal", "show", "report/journal.sqlite", "--around", String(time), "--within", "0")
        #expect(around.code == 0 && around.out.contains(time) && around.out.count < all.out.count)
        for (words, said) in [
            (["--around", "noon"], "noon"), (["--account", "Z"], "it has: M, T"), (["--around", "2025-01-01", "--within", "x"], "seconds"),
        ] {
            let wrong = try program.run(["journal", "show", "report/journal.sqlite"] + words)
            #expect(wrong.code == 2 && wrong.error.contains(said), "\(wrong.error)")
        }
    }

    @Test(arguments: [["journal", "show"], ["replay"], ["diff"]])
    func `what is no journal is refused with the code for data`(command: [String]) throws {
        let program = try Program()
        let missing = try program.run(command + ["journl.sqlite"])
        #expect((missing.code, missing.out) == (3, ""))
        #expect(missing.error.hasPrefix("error: no journal at 'journl.sqlite'\nhint: "), "\(missing.error)")
        try program.write("text", "neither a journal nor a tape, but long enough to look like a file of something\n")
        let text = try program.run(command + ["text"])
        #expect(text.code == 3 && text.error.contains("'text' is not a journal"), "\(text.error)")
        #expect(try program.run("synth", "--out", "a.tape", "--duration", "5 s", "--quiet").code == 0)
        #expect(try program.run(command + ["a.tape"]).code == 3)
    }

    @Test func `a journal that was cut is refused, and a salvage shows what is intact`() throws {
        let program = try finished(duration: "20 min")
        let whole = try Data(contentsOf: program.folder.appending(path: "report/journal.sqlite"))
        let all = try program.run("journal", "show", "report/journal.sqlite").out
        let intact = Set(all.split(separator: "\n").filter { !$0.contains("because of") }.map { $0.dropFirst(10) })
        for cut in [whole.count / 2, whole.count - 5_000, whole.count - 1] {
            try whole.prefix(cut).write(to: program.folder.appending(path: "cut.sqlite"))
            for command in [["journal", "show"], ["replay", "--tapes", "demo.tape", "--"]] {
                let refused = try program.run(command + ["cut.sqlite"])
                #expect(refused.code == 3 && refused.error.contains("--salvage"), "\(refused.error)")
            }
            let salvaged = try program.run("journal", "show", "cut.sqlite", "--salvage")
            #expect(salvaged.code == 0, "\(salvaged.error)")
            let lines = salvaged.out.split(separator: "\n").filter { !$0.contains("because of") }
            #expect(lines.allSatisfy { intact.contains($0.dropFirst(10)) })
            #expect(!lines.isEmpty && (cut == whole.count - 1 || lines.count < intact.count))
        }
    }

    @Test func `killed at any moment a run leaves its journal up to the last commit, and says where`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "demo.tape", "--duration", "20 min", "--seed", "42", "--quiet").code == 0)
        try program.write("demo.yaml", Scenarios.demo())
        #expect(try program.run("backtest", "demo.yaml", "--out", "whole", "--quiet").code == 0)
        let size = program.size("whole/journal.sqlite")
        let whole = try program.run("journal", "show", "whole/journal.sqlite").out
        let trials = TestScale.seeds(20)
        var (empty, partly, complete, before) = (0, 0, 0, 0)
        for trial in trials {
            try? FileManager.default.removeItem(at: program.folder.appending(path: "killed.part"))
            try? FileManager.default.removeItem(at: program.folder.appending(path: "killed"))
            // When so much of the journal is written, and somewhere behind it.
            let written = size * Int(trial * 7_919 % 1_000) / 1_000
            let code = try program.killed(["backtest", "demo.yaml", "--out", "killed", "--quiet"]) {
                guard program.size("killed.part/journal.sqlite-wal") > written else { return false }
                usleep(UInt32(trial * 104_729 % 3_000))
                return true
            }
            let path = ["killed.part", "killed"].map { $0 + "/journal.sqlite" }.first { program.exists($0) }
            guard let path else {
                before += 1
                continue
            }
            let shown = try program.run("journal", "show", path)
            if code == 0 {
                complete += 1
                #expect(shown == .init(code: 0, out: whole, error: ""))
                continue
            }
            // Killed while the file was made: nothing had been committed.
            if shown.code == 3, shown.error.contains("is not a journal") {
                before += 1
                continue
            }
            #expect(shown.code == 0 && whole.hasPrefix(shown.out), "trial \(trial)")
            #expect(shown.error.isEmpty || shown.error.hasPrefix("the journal ended early, "), "\(shown.error)")
            if shown.out.isEmpty { empty += 1 } else { partly += 1 }
            #expect(try program.run("replay", path, "--tapes", "demo.tape", "--quiet").code == 0)
        }
        print(
            "killed \(trials.count) times: \(before) before there was a journal, \(empty) before a commit, \(partly) after, "
                + "\(complete) ended")
        #expect(before + empty <= trials.count / 5 + 1 && partly >= trials.count / 2, "the moments were of no interest")
    }
}

/// Pain 21: nothing of the machine's surroundings reaches a result.
@Suite struct SurroundingsTests {
    private static let result = ["report.json", "fills.csv", "orders.csv", "equity.csv", "positions.csv", "notes.csv"]

    /// All that a run leaves which has to be the same, the journal as its digest.
    private func result(_ program: Program, _ folder: String) throws -> [String] {
        let facts = try #require(
            try JSONSerialization.jsonObject(with: Data(program.read(folder + "/run.json").utf8)) as? [String: Any])
        return try Self.result.map { try program.read(folder + "/" + $0) } + [try #require(facts["journal_sha256"] as? String)]
    }

    @Test func `Pain 21: language, time zone and the seeds of hashing leave a result as it is; another seed of the run does not`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "demo.tape", "--duration", "3 min", "--seed", "42", "--quiet").code == 0)
        try program.write("demo.yaml", Scenarios.demo())
        func run(_ folder: String, _ environment: [String: String], _ more: String...) throws -> [String] {
            let outcome = try program.run(
                ["backtest", "demo.yaml", "--out", folder, "--quiet"] + more, environment: environment)
            #expect((outcome.code, outcome.error) == (0, ""))
            return try result(program, folder)
        }
        let plain = try run("plain", ["LANG": "C", "LC_ALL": "C", "TZ": "UTC", "SWIFT_DETERMINISTIC_HASHING": "1"])
        for (index, environment) in [
            [:], ["LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kathmandu"],
            ["LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LC_NUMERIC": "fr_FR.UTF-8", "TZ": "America/St_Johns"],
            ["LC_ALL": "ar_EG.UTF-8", "TZ": "Pacific/Apia", "LIBDISPATCH_COOPERATIVE_POOL_STRICT": "1"],
        ].enumerated() {
            #expect(try run("other\(index)", environment) == plain, "\(environment)")
            // What a person is shown does not depend on them either.
            let shown = try program.run("journal", "show", "other\(index)/journal.sqlite")
            #expect(try program.run(["journal", "show", "plain/journal.sqlite"], environment: environment) == shown)
        }
        #expect(try run("seed", [:], "--set", "seed=8") != plain)
    }

    @Test func `a tape that is made under other surroundings is the same tape`() throws {
        let program = try Program()
        for (name, environment) in [("a.tape", ["TZ": "UTC"]), ("b.tape", ["TZ": "Asia/Kathmandu", "LC_ALL": "de_DE.UTF-8"])] {
            #expect(
                try program.run(["synth", "--out", name, "--duration", "30 s", "--quiet"], environment: environment).code == 0)
        }
        let (a, b) = try (program.run("tape", "info", "a.tape").out, program.run("tape", "info", "b.tape").out)
        #expect(a.replacing("a.tape", with: "b.tape") == b)
    }
}
