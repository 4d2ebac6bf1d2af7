import Foundation
import Testing

/// Recorders and venues as a user starts them.
@Suite(.serialized) struct RecordingTests {
    private static let symbol = "BTC_USDC_PERP"

    @Test func `what is recorded from a served tape is that tape`() throws {
        let programs = try LivePrograms()
        try programs.makeTape()
        let venue = try ServedVenue(programs, "--speed", "50")
        let recording = try programs.start(["record", "--symbols", Self.symbol, "--out", "kept.tape", "--duration", "5 s"] + venue.place)
        let recorded = try recording.ended()
        #expect((recorded.code, recorded.out) == (0, ""), "\(recorded.error)")
        #expect(recorded.error.hasPrefix("recording \(Self.symbol) to kept.tape; Ctrl-C ends it\n"))
        #expect(recorded.error.contains(", 0 gaps, 0 alarms, 0 lost\n"), "\(recorded.error)")
        let served = try venue.program.interrupt()
        #expect(served.code == 130 && served.error.contains("served "), "\(served.error)")

        let made = try TapeBooks(programs.path("made.tape"), symbol: Self.symbol)
        let kept = try TapeBooks(programs.path("kept.tape"), symbol: Self.symbol)
        var books: [Int64: TapeBooks.Levels] = [:]
        kept.walk { number, book in books[number] = book }
        var (compared, missing, differing) = (0, 0, [Int64]())
        let span = try #require(kept.numbers.first)...(try #require(kept.numbers.last))
        made.walk { number, book in
            guard span.contains(number) else { return }
            guard let other = books[number] else { return missing += 1 }
            compared += 1
            if other != book { differing.append(number) }
        }
        #expect(differing == [])
        #expect(compared > 50)
        #expect(missing == 0)
        #expect(kept.tradeCount == kept.trades.count && kept.tradeCount > 5)
        let trades = try #require(kept.trades.keys.min())...(try #require(kept.trades.keys.max()))
        #expect(made.trades.filter { trades.contains($0.key) } == kept.trades)
        let check = try programs.mmsim("tape", "check", "kept.tape")
        #expect((check.code, check.error) == (0, ""), "\(check.out)")
    }

    @Test func `a recorder outlives its venue, and what it missed stands as a gap`() throws {
        let programs = try LivePrograms()
        try programs.makeTape()
        let first = try ServedVenue(programs, "--speed", "20")
        let recorder = try programs.start(["record", "--symbols", Self.symbol, "--out", "kept.tape"] + first.place)
        func books() throws -> TapeBooks? {
            guard programs.exists("kept.tape") else { return nil }
            return try? TapeBooks(programs.path("kept.tape"), symbol: Self.symbol)
        }
        try recorder.wait(for: "recorded a book") { _ in try books()?.numbers.isEmpty == false }
        first.program.kill()
        try recorder.wait(for: "noted the gap") { _ in try books()?.gaps == 1 }
        let second = try ServedVenue(programs, port: first.port, "--speed", "20")
        try recorder.wait(for: "recorded the book anew") { _ in try books().map { $0.gaps > 0 && $0.hasBookAfterLastGap } == true }
        let ended = try recorder.interrupt()
        #expect((ended.code, ended.out) == (130, ""))
        #expect(ended.error.contains(" 1 gaps, "), "\(ended.error)")
        #expect(try second.program.interrupt().code == 130)
        let check = try programs.mmsim("tape", "check", "kept.tape")
        #expect(check.error == "" && check.out.contains("suspect: 1 × gap, "), "\(check.out)")
        let resumed = try ServedVenue(programs, "--speed", "20")
        let again = try programs.start(["record", "--symbols", Self.symbol, "--out", "kept.tape", "--quiet"] + resumed.place)
        try again.wait(for: "the second gap, and a book after it") { _ in try books().map { $0.gaps == 2 && $0.hasBookAfterLastGap } == true
        }
        #expect(try again.interrupt().code == 130)
        #expect(try #require(try books()).gaps == 2)
    }

    @Test func `Ctrl-C ends both, and the tape is closed`() throws {
        let programs = try LivePrograms()
        try programs.makeTape(duration: "2 min")
        let venue = try ServedVenue(programs)
        let recorder = try programs.start(["record", "--symbols", Self.symbol, "--out", "kept.tape"] + venue.place)
        try recorder.wait(for: "begun") { $0.error.contains("Ctrl-C ends it") }
        #expect(try recorder.interrupt().code == 130)
        #expect(try venue.program.interrupt().code == 130)
        let info = try programs.mmsim("tape", "info", "kept.tape")
        #expect(info.code == 0 && !info.out.contains("being recorded"), "\(info.out)")
    }
}
