import Foundation
import TestSupport
import Testing

@Suite struct TapeImportTests {
    /// A folder `in` of Tardis CSV, of a market that fills some chunks.
    private static func recording(_ program: Program, duration: String) throws {
        let made = try program.run("synth", "--out", "made.tape", "--duration", duration, "--seed", "3", "--quiet")
        try #require(made.code == 0, "\(made.error)")
        let exported = try program.run(
            "tape", "export", "made.tape", "--tardis", "--out", "in", "--quiet", "--feed", "backpack BTC_USDC_PERP")
        try #require(exported.code == 0, "\(exported.error)")
    }

    /// Everything that a tape holds but where its pages are.
    private static func contents(_ program: Program, _ tape: String) throws -> String {
        let queries = [
            "SELECT * FROM feed", "SELECT feed, sequence, events, hex(digest), hex(data), checksum FROM chunk",
            "SELECT feed, sequence, count, hex(data) FROM frames", "SELECT * FROM meta", "SELECT * FROM gap", "SELECT * FROM unparsed",
            "SELECT * FROM seal",
        ]
        return try queries.map { query in
            let outcome = try program.run("tape", "sql", tape, query, "--csv")
            try #require(outcome.code == 0, "\(outcome.error)")
            return outcome.out
        }
        .joined(separator: "\n")
    }

    @Test(arguments: TestScale.seeds(1)) func `an import that is killed at any time ends as if it had not been`(round: UInt64) throws {
        let program = try Program()
        try Self.recording(program, duration: "8 min")
        let whole = try program.run("tape", "import", "in", "--out", "whole.tape", "--quiet")
        #expect((whole.code, whole.error) == (0, ""))
        let arguments = ["tape", "import", "in", "--out", "killed.tape", "--quiet"]
        var span = Int64(400)
        var kills = 0
        // Each try lives somewhat longer, so that one of them reaches the end.
        while try program.killed(arguments, after: .milliseconds(Int64.random(in: 50...span))) == nil {
            kills += 1
            span += 300
            try #require(kills < 200)
        }
        #expect(kills > 0)
        #expect(try Self.contents(program, "killed.tape") == Self.contents(program, "whole.tape"))
        #expect(try program.names.filter { $0.hasPrefix("killed") } == ["killed.tape"])
    }

    @Test func `one that is asked to stop says how to go on, and the next one does`() throws {
        let program = try Program()
        try Self.recording(program, duration: "25 min")
        let arguments = ["tape", "import", "in", "--out", "t.tape", "--quiet"]
        let stopped = try program.run(arguments) { process in
            // The first chunk is in the log.
            while program.size("t.tape.part-wal") < 150_000, process.isRunning { usleep(2_000) }
            process.interrupt()
        }
        #expect(stopped.code == 130)
        #expect(
            stopped.error
                == "error: the import into 't.tape' was interrupted\nhint: run the same command again: it goes on where it stopped\n")
        #expect(!program.exists("t.tape") && program.exists("t.tape.part"))
        let resumed = try program.run(arguments)
        #expect(resumed.code == 0 && resumed.error.contains("chunks were there from an import that was interrupted"), "\(resumed.error)")
        #expect(try program.run("tape", "import", "in", "--out", "whole.tape", "--quiet").error == "")
        #expect(try Self.contents(program, "t.tape") == Self.contents(program, "whole.tape"))
    }

    @Test func `what is piped in becomes the tape that its file becomes`() throws {
        let program = try Program()
        try Self.recording(program, duration: "10 s")
        let file = try #require(
            try FileManager.default.contentsOfDirectory(atPath: program.folder.appending(path: "in").path()).sorted().first)
        let piped = try program.run(["tape", "import", "-", "--out", "piped.tape", "--quiet"], input: "in/\(file)")
        #expect((piped.code, piped.error) == (0, ""))
        #expect(try program.run("tape", "import", "in/\(file)", "--out", "file.tape", "--quiet").code == 0)
        let chunks = ["piped.tape", "file.tape"].map { ["tape", "sql", $0, "SELECT hex(data) FROM chunk", "--csv"] }
        #expect(try program.run(chunks[0]).out == program.run(chunks[1]).out)
        #expect(try program.run("tape", "sql", "piped.tape", "SELECT source FROM feed", "--csv").out.contains("standard input"))
        #expect(try program.names.filter { $0.hasSuffix(".stdin") } == [])
        let twice = try program.run(["tape", "import", "-", "-", "--out", "x.tape"], input: "in/\(file)")
        #expect(twice == .init(code: 3, out: "", error: "error: cannot read 'standard input': it is named twice\n"))
    }

    @Test func `a symbol that no table knows is named on the command line`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "made.tape", "--duration", "10 s", "--quiet").code == 0)
        #expect(try program.run("tape", "export", "made.tape", "--tardis", "--out", "in", "--quiet", "--feed", "lighter BTC").code == 0)
        let refused = try program.run("tape", "import", "in", "--out", "t.tape", "--quiet")
        #expect(refused.code == 3 && refused.error.hasSuffix("hint: name it with --symbol BTC=BASE/QUOTE\n"))
        #expect(try program.run("tape", "import", "in", "--out", "t.tape", "--quiet", "--symbol", "BTC=BTC/USDC").code == 0)
        #expect(try program.run("tape", "sql", "t.tape", "SELECT symbol, kind, quote FROM feed", "--csv").out.contains("BTC,linear,USDC"))
        let wrong = try program.run("tape", "import", "in", "--out", "x.tape", "--symbol", "BTC=BTC")
        #expect(wrong.code == 2 && wrong.error.hasPrefix("error: --symbol 'BTC=BTC' wants SYMBOL=BASE/QUOTE"))
    }

    @Test func `a folder stands for the recordings in it, and others are named`() throws {
        let program = try Program()
        try Self.recording(program, duration: "10 s")
        try program.write("in/notes.md", "# where these come from\n")
        let imported = try program.run("tape", "import", "in", "--out", "t.tape", "--quiet")
        #expect((imported.code, imported.error) == (0, "note: 'in/notes.md' is in no known format and was left out\n"))
        try FileManager.default.createDirectory(at: program.folder.appending(path: "empty"), withIntermediateDirectories: true)
        let empty = try program.run("tape", "import", "empty", "--out", "x.tape")
        #expect(empty == .init(code: 3, out: "", error: "error: cannot read 'empty': no recording is in this folder\n"))
    }
}
