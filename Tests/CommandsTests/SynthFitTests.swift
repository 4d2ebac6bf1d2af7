import Foundation
import Testing

@Suite struct SynthFitTests {
    @Test func `a market is made like another one, and wrong settings are refused`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "t.tape", "--duration", "60 s", "--quiet").code == 0)
        let fit = try program.run("synth", "fit", "t.tape", "--out", "like.json", "--sample", "30 s", "--quiet")
        #expect((fit.code, fit.error) == (0, ""))
        #expect(fit.out.contains("frames a second") && fit.out.hasSuffix("wrote like.json\n"))
        let made = try program.run("synth", "--like", "like.json", "--out", "like.tape", "--duration", "20 s", "--quiet")
        #expect(made == .init(code: 0, out: "", error: ""))
        #expect(try program.run("tape", "check", "like.tape", "--quiet").code == 0)
        let again = try program.run("synth", "fit", "t.tape", "--out", "like.json")
        #expect(again.code == 2 && again.error.hasPrefix("error: 'like.json' exists already\nhint: "))
        try program.write("bad.json", "{}")
        let bad = try program.run("synth", "--like", "bad.json", "--out", "x.tape", "--quiet")
        #expect(bad.code == 3 && bad.error.hasPrefix("error: 'bad.json' can't be used: it is not what `mmsim synth fit` writes\nhint: "))
        #expect(try program.run("synth", "--like", "none.json", "--out", "x.tape").code == 3)
        #expect(try program.run("synth", "--like", "like.json", "--venues", "2", "--out", "x.tape").code == 2)
        #expect(try program.run("synth", "fit", "t.tape", "--out", "x.json", "--sample", "1 s").code == 2)
        #expect(!program.exists("x.tape") && !program.exists("x.json"))
    }
}
