import Foundation
import Testing

@Suite struct TapePlotCommandTests {
    @Test func `a page is written, for chosen feeds and times, and refused where nothing can be drawn`() throws {
        let program = try Program()
        #expect(try program.run("synth", "--out", "t.tape", "--duration", "20 s", "--quiet").code == 0)
        let plotted = try program.run("tape", "plot", "t.tape", "--out", "p.html", "--quiet")
        #expect(plotted == .init(code: 0, out: "wrote p.html\n", error: ""))
        let page = try program.read("p.html")
        #expect(page.contains("backpack BTC_USDC_PERP") && page.contains("lighter BTC") && page.contains("data:image/png;base64,"))
        #expect(!page.contains("http://"), "it must open without a network")
        let again = try program.run("tape", "plot", "t.tape", "--out", "p.html")
        #expect((again.code, again.out) == (2, "") && again.error.hasPrefix("error: 'p.html' exists already\nhint: "))
        let chosen = ["tape", "plot", "t.tape", "--out", "p.html", "--replace", "--quiet", "--feed", "lighter BTC"]
        #expect(try program.run(chosen + ["--from", "2025-01-01T00:00:05", "--to", "2025-01-01T00:00:09"]).code == 0)
        #expect(try !program.read("p.html").contains("backpack"))
        let unknown = try program.run("tape", "plot", "t.tape", "--out", "x.html", "--feed", "ETH", "--quiet")
        #expect(unknown.code == 3 && unknown.error.contains("has no feed 'ETH'\nhint: "))
        let backwards = try program.run(chosen + ["--from", "2025-01-01T00:00:09", "--to", "2025-01-01T00:00:05"])
        #expect(backwards.code == 2 && backwards.error.contains("--from is not before --to"))
        #expect(try program.run("tape", "plot", "none.tape", "--out", "x.html").code == 3)
        #expect(try program.run("tape", "plot", "t.tape", "--out", "no/x.html", "--quiet").code == 1)
        #expect(!program.exists("x.html"))
    }
}
