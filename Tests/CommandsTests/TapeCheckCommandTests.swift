import Foundation
import Testing

@Suite struct TapeCheckCommandTests {
    @Test func `a generated tape is sound, and a damaged copy is broken with exit code 3`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "demo.tape", "--duration", "2 min", "--quiet").code == 0)
        let sound = try program.run("tape", "check", "demo.tape", "--quiet")
        #expect((sound.code, sound.error) == (0, ""))
        #expect(sound.out.hasPrefix("demo.tape: sound\n"), "\(sound.out)")
        let url = program.folder.appending(path: "demo.tape")
        var bytes = try Data(contentsOf: url)
        // zstd's magic begins each chunk.
        let chunk = try #require(bytes.firstRange(of: Data([0x28, 0xB5, 0x2F, 0xFD])))
        bytes[chunk.upperBound + 200] ^= 0x10
        try bytes.write(to: url)
        let broken = try program.run("tape", "check", "demo.tape", "--quiet")
        #expect((broken.code, broken.error) == (3, ""))
        #expect(broken.out.hasPrefix("demo.tape: broken\n") && broken.out.contains("  broken: 1 × damaged chunk (chunk "), "\(broken.out)")
        let json = try program.run("tape", "check", "demo.tape", "--quiet", "--json")
        #expect(json.code == 3 && json.out.contains("\"verdict\": \"broken\""))
    }

    @Test func `Pain 20: a damaged chunk of a tape is marked, counted and stepped over; without the mark there is no run`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "demo.tape", "--duration", "2 min", "--quiet").code == 0)
        try program.write("demo.yaml", Scenarios.demo())
        let url = program.folder.appending(path: "demo.tape")
        var bytes = try Data(contentsOf: url)
        let chunk = try #require(bytes.firstRange(of: Data([0x28, 0xB5, 0x2F, 0xFD])))
        bytes[chunk.upperBound + 200] ^= 0x10
        try bytes.write(to: url)
        let refused = try program.run("backtest", "demo.yaml", "--quiet")
        #expect(refused.code == 3 && refused.error.contains("is damaged in chunk 0 of "), "\(refused.error)")
        #expect(try program.run("tape", "check", "demo.tape", "--quiet", "--mark").code == 3)
        let ranges = try program.run("tape", "sql", "demo.tape", "SELECT reason FROM quarantine")
        #expect(ranges.out.hasPrefix("reason\n\"damaged chunk\"") || ranges.out.hasPrefix("reason\ndamaged chunk"), "\(ranges.out)")
        let run = try program.run("backtest", "demo.yaml", "--quiet")
        #expect(run.code == 0, "\(run.error)")
    }

    @Test func `each file that is no tape to work on is told by name`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "demo.tape", "--duration", "1 min", "--quiet").code == 0)
        try program.write("text.tape", String(repeating: "no database ", count: 100))
        try FileManager.default.createDirectory(at: program.folder.appending(path: "folder.tape"), withIntermediateDirectories: true)
        // The version of the schema stands at byte 60 of an SQLite file.
        var bytes = try Data(contentsOf: program.folder.appending(path: "demo.tape"))
        bytes[63] = 99
        try bytes.write(to: program.folder.appending(path: "future.tape"))
        let wrong: [(tape: String, error: String)] = [
            ("text.tape", "error: 'text.tape' is not a tape\nhint: "),
            ("folder.tape", "error: 'folder.tape' is a folder, not a tape\nhint: "),
            ("future.tape", "error: 'future.tape' has schema 99, which is newer than 4, the last one this program knows\nhint: "),
            ("dmo.tape", "error: no tape at 'dmo.tape'\nhint: did you mean 'demo.tape'?"),
        ]
        for command in [["check"], ["sql"], ["info"], ["cut", "--out", "x"], ["merge", "--out", "x"], ["redecode", "--out", "x"]] {
            for (tape, error) in wrong {
                let statement = command[0] == "sql" ? ["SELECT 1"] : []
                let outcome = try program.run(["tape", command[0], tape] + command.dropFirst() + statement)
                #expect(outcome.code == 3 && outcome.error.hasPrefix(error), "\(command) \(tape): \(outcome.error)")
            }
        }
        let unknown = try program.run("tape", "cut", "demo.tape", "--feed", "DOGE", "--out", "x", "--quiet")
        #expect(unknown.code == 3 && unknown.error.hasPrefix("error: 'demo.tape' has no feed 'DOGE'\nhint: it has '"))
        let there = try program.run("tape", "cut", "demo.tape", "--out", "text.tape", "--quiet")
        #expect(there.code == 2 && there.error.hasPrefix("error: 'text.tape' exists already\nhint: "))
        #expect(!program.exists("x") && !program.exists("x.part"))
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everything")) func `a tape that must not be changed is not marked`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "demo.tape", "--duration", "1 min", "--quiet").code == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: program.folder.appending(path: "demo.tape").path)
        #expect(try program.run("tape", "check", "demo.tape", "--quiet").code == 0)
        let outcome = try program.run("tape", "check", "demo.tape", "--quiet", "--mark")
        #expect(outcome.code == 1 && outcome.error.hasPrefix("error: 'demo.tape' can't be written: permission denied\nhint: "))
    }

    @Test func `a wrong option or tape is told`() throws {
        let program = try Program()
        #expect(try program.run("tape", "check", "none.tape").code == 3)
        let wrong = try program.run("tape", "check", "none.tape", "--stale", "0 s")
        #expect(wrong.code == 2 && wrong.error.hasPrefix("error: --stale '0 s' is out of range"))
    }
}
