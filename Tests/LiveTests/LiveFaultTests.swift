import Foundation
import Market
import TestSupport
import Testing

@testable import Live
@testable import Runtime

/// What goes wrong around a live run: at its venues, on the way, and on its own machine.
@Suite(.serialized) struct LiveFaultTests {
    /// The run is over, its journal leads to the same bytes, and what the venues hold is hedged.
    private func check(_ run: RunningProgram, _ hedge: ServedHedge) throws {
        let ended = try run.interrupt()
        #expect(ended.code == 0, "\(ended.error)")
        let replay = try hedge.programs.mmsim("replay", hedge.journal)
        #expect(replay.code == 0 && replay.out.hasPrefix("equal: "), "\(replay)")
        let held = try hedge.held()
        #expect(abs(held[0] &+ held[1]) < 100_000, "\(held)")
    }

    @Test func `a venue that stands still for a while is told of, and the run trades on`() throws {
        let hedge = try ServedHedge()
        let run = try hedge.start()
        try hedge.waitForFills(run)
        hedge.venues[0].program.suspend()
        try run.wait(for: "the alarm") { $0.error.contains("ALARM venue: one: no market data for ") }
        hedge.venues[0].program.resume()
        try run.wait(for: "its return") { $0.error.contains("venue: one: market data came back after ") }
        try hedge.waitForFills(run, beyond: try #require(try hedge.status()).counts.fills)
        try check(run, hedge)
        let diff = try hedge.programs.mmsim("diff", hedge.journal, "--json")
        #expect(diff.code == 0 && diff.out.contains(#""unexplained": 0"#), "\(diff)")
    }

    @Test func `a run that the machine has let sleep looks at everything anew`() throws {
        let hedge = try ServedHedge()
        let run = try hedge.start()
        try hedge.waitForFills(run)
        run.suspend()
        usleep(7_000_000)
        run.resume()
        try hedge.waitForFills(run, beyond: try #require(try hedge.status()).counts.fills)
        try check(run, hedge)
    }

    @Test func `a venue that has lost its memory is not believed by half, and what it left open is hedged`() throws {
        var hedge = try ServedHedge()
        let run = try hedge.start()
        // Looked at while the venue stands still: a fill more might take the position away again.
        try run.wait(for: "a position") { _ in
            hedge.venues[0].program.suspend()
            usleep(200_000)
            if try hedge.status()?.accounts.first?.positions.isEmpty == false { return true }
            hedge.venues[0].program.resume()
            usleep(500_000)
            return false
        }
        try hedge.replaceFirst()
        try run.wait(for: "the loss") { $0.error.contains("ALARM core: M holds ") }
        #expect(run.error.contains("venue: one: market data ended"))
        try run.wait(for: "the hedge") { _ in
            guard let status = try hedge.status() else { return false }
            return status.strategies.allSatisfy { $0.exposure?.pending == "0" }
        }
        let ended = try run.interrupt()
        // Orders of which the venue knows nothing any more stay unknown: a person is to look.
        #expect(ended.code == 0 && ended.error.contains("the run "), "\(ended.error)")
        let held = try hedge.held()
        #expect(abs(held[0] &+ held[1]) < 100_000, "\(held)")
    }

    @Test(.enabled(if: Certificate.isAvailable))
    func `a venue with a certificate that nobody vouches for is not traded at, also when it comes in between`() throws {
        var hedge = try ServedHedge()
        for name in ["own", "other"] { try Certificate.make(in: hedge.programs.folder, name) }
        try hedge.replaceFirst("--certificate", "own.pem", "--key", "own.key")
        let refused = try hedge.start().ended()
        #expect(
            refused.code == 1 && refused.error.contains("the certificate of 127.0.0.1 is from an unknown authority"), "\(refused.error)")
        let run = try hedge.start("--authorities", "own.pem")
        try hedge.waitForFills(run, beyond: 0)
        try hedge.replaceFirst("--certificate", "other.pem", "--key", "other.key")
        try run.wait(for: "the alarm") {
            $0.error.contains("the certificate of 127.0.0.1 is from an unknown authority")
                && $0.error.contains("ALARM venue: one: no market data")
        }
        let ended = try run.interrupt()
        #expect(ended.code == 0, "\(ended.error)")
    }

    @Test func `a run that is stopped while it holds something goes on where it was, and its journal is one`() throws {
        let hedge = try ServedHedge()
        var run = try hedge.start()
        var stops = 0
        while stops < 2 {
            try run.wait(for: "a position") { _ in try hedge.status()?.accounts.first?.positions.isEmpty == false }
            let ended = try run.interrupt()
            #expect(ended.code == 0, "\(ended.error)")
            if ended.error.contains("the run has stopped and can go on") { stops += 1 }
            run = try hedge.start()
        }
        try hedge.waitForFills(run)
        #expect(!run.error.contains("than its fills say"), "\(run.error)")
        let ended = try run.interrupt()
        #expect(ended.code == 0, "\(ended.error)")
        for journal in try hedge.journals {
            let replay = try hedge.programs.mmsim("replay", journal)
            #expect(replay.code == 0 && replay.out.hasPrefix("equal: "), "\(replay)")
        }
    }

    /// Of one kind after the other, from 12 to 45 seconds after a venue has begun.
    private static func drawnFaults(_ random: inout SeededGenerator) -> String {
        let kinds = ServiceFault.Kind.allCases.shuffled(using: &random).prefix(5)
        return kinds.enumerated().map { index, kind in
            "\(kind.rawValue)@\(12_000 + 6_600 * index + Int(random.uniform(in: 0...1_500))) ms+\(random.uniform(in: 1_500...5_000)) ms"
        }.joined(separator: ",")
    }

    @Test func `what goes wrong on the way is told, and what was done then leads to the same bytes, also after a death`() throws {
        for seed in TestScale.seeds(1) {
            var random = SeededGenerator(seed: 4_000 + seed)
            let faults = [Self.drawnFaults(&random), Self.drawnFaults(&random)]
            let hedge = try ServedHedge(first: ["--faults", faults[0]], second: ["--faults", faults[1]])
            let over = ContinuousClock.now + .seconds(46)
            let first = try hedge.start()
            try first.wait(for: "an alarm") { $0.error.contains("ALARM venue: ") }
            usleep(UInt32(random.uniform(in: 0...8_000_000)))
            first.kill()
            let run = try hedge.goOn()
            try run.wait(for: "the end of it") { _ in ContinuousClock.now > over }
            try run.wait(for: "what was missed") { $0.error.contains("restarted: the venues have told what was missed") }
            try run.wait(for: "every order's end") { _ in
                try hedge.status()?.accounts.allSatisfy { account in account.orders.allSatisfy { $0.unknownMilliseconds == nil } } ?? false
            }
            // A hedge that no venue took for long has ended the strategy, which is right.
            let fills = try #require(try hedge.status()).counts.fills
            try run.wait(for: "fills") { run in
                try (hedge.status()?.counts.fills ?? 0) > fills || run.error.contains("core: flat; stopped")
            }
            try check(run, hedge)
            let diff = try hedge.programs.mmsim("diff", hedge.journal, "--json")
            #expect(diff.code == 0 && diff.out.contains(#""unexplained": 0"#), "seed \(seed), \(faults): \(diff)")
        }
    }

    @Test func `a venue whose clock is another one is refused`() throws {
        let hedge = try ServedHedge(first: ["--clock-offset", "3500 ms"])
        let refused = try hedge.start().ended()
        #expect(
            refused.code == 4 && refused.error.contains(/refused  clock +M  the venue's clock is 3[45]\d\d(\.\d)? ms ahead/),
            "\(refused.error)")
        #expect(!hedge.programs.exists("state/journals"))
    }

    @Test func `on a disk that is full nothing more is quoted, and the run says that it is not whole`() throws {
        let hedge = try ServedHedge()
        let run = try hedge.start(under: .largestFile(150_000))
        try run.wait(for: "the alarm") { $0.error.contains("ALARM journal: the journal ") }
        try run.wait(for: "the hold") { _ in
            guard let status = try hedge.status() else { return false }
            return status.accounts.allSatisfy { account in account.orders.allSatisfy { $0.purpose != "quote" } }
        }
        let ended = try run.interrupt()
        #expect(ended.code == 1 && ended.error.contains("hedge-"), "\(ended.error)")
    }

    @Test func `a run that gets no connection says so as long as that lasts, and ends in order`() throws {
        let hedge = try ServedHedge()
        // Enough to ask the venues before it begins, and for its journal.
        let run = try hedge.start(under: .openFiles(20))
        try run.wait(for: "the alarm") {
            $0.error.contains(": Too many open files")
                && $0.error.contains(/ALARM venue: (one|two): no (market data|news of the accounts) for 5/)
        }
        let ended = try run.interrupt()
        #expect(ended.code == 0 && ended.error.contains("the run is over: nothing is held"), "\(ended.error)")
    }
}
