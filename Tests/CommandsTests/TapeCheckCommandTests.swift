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

    @Test func `a wrong option or tape is told`() throws {
        let program = try Program()
        #expect(try program.run("tape", "check", "none.tape").code == 3)
        let wrong = try program.run("tape", "check", "none.tape", "--stale", "0 s")
        #expect(wrong.code == 2 && wrong.error.hasPrefix("error: --stale '0 s' is out of range"))
    }
}
