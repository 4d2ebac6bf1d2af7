import Foundation
import Market
import Scenario
import Testing

@Suite struct FaultSectionTests {
    /// The demo with a list of faults.
    private static func text(_ faults: String) -> String { Demo.text + "faults: [\(faults)]\n" }

    private static func faults(_ faults: String) throws -> [Scenario.Fault] { try Demo.resolve(text(faults)).faults }

    /// Without the place in the file.
    private static func complaints(_ faults: String) -> [String] {
        Demo.complaints(text(faults)).map { String($0.drop { !$0.isLetter }) }
    }

    @Test(
        arguments: [
            (
                "{ kind: outage, venue: near, at: \"2024-08-08T23:56:00Z\", for: 30 s }",
                "answer = silence, at = 2024-08-08T23:56:00Z, for = 30000 ms, kind = outage, venue = near"
            ),
            (
                "{ kind: submit_failure, venue: near, symbol: BTC, after: 1 min, for: 2 s, answer: refusal, reason: price_band }",
                "after = 60000 ms, answer = refusal, for = 2000 ms, kind = submit_failure, reason = price_band, symbol = BTC, venue = near"
            ),
            (
                "{ kind: cancel_failure, venue: near, account: M, per_hour: \"2.5\", for: [10 s, 1 min], answer: refusal }",
                "account = M, answer = refusal, for = 10000 ms .. 60000 ms, kind = cancel_failure, per_hour = 2.5, reason = venue, "
                    + "venue = near"
            ),
            ("{ kind: slow, venue: near }", "delay = 0 ms, factor = 10, kind = slow, venue = near"),
            ("{ kind: slow, venue: near, delay: 5 ms }", "delay = 5 ms, factor = 1, kind = slow, venue = near"),
            ("{ kind: stale_book, venue: far, after: 0 s, for: 1 s }", "after = 0 ms, for = 1000 ms, kind = stale_book, venue = far"),
            (
                "{ kind: private_disconnect, venue: near, after: 1 s, for: 1 s }",
                "after = 1000 ms, for = 1000 ms, kind = private_disconnect, reports = lost, venue = near"
            ),
            ("{ kind: dropped_reports, venue: near, probability: \"0.01\" }", "kind = dropped_reports, probability = 0.01, venue = near"),
            (
                "{ kind: reordered_reports, venue: near, probability: 1, after: 1 s, for: 1 s }",
                "after = 1000 ms, delay = 1000 ms, for = 1000 ms, kind = reordered_reports, probability = 1, venue = near"
            ),
            (
                "{ kind: rejections, venue: near, probability: \"0.5\", reason: open_order_limit }",
                "kind = rejections, probability = 0.5, reason = open_order_limit, venue = near"
            ),
            (
                "{ kind: position_reports, venue: near, error: \"-100 %\" }",
                "delay = 0 ms, error = -10000 bp, kind = position_reports, venue = near"
            ),
            (
                "{ kind: adl, venue: far, account: T, after: 1 s }",
                "account = T, after = 1000 ms, kind = adl, share = 10000 bp, venue = far"
            ),
        ])
    func `a fault is what is stated and what stands by default`(text: String, canonical: String) throws {
        #expect(Self.complaints(text) == [])
        #expect(try Self.faults(text).map(\.canonicalText) == [canonical])
    }

    @Test(
        arguments: [
            ("{ kind: outge, venue: near }", "faults.1.kind: there is no fault 'outge' (did you mean 'outage'?)"),
            ("{ kind: fire, venue: near }", "faults.1.kind: there is no fault 'fire' (there are: \(kinds))"),
            ("{ venue: near }", "faults.1.kind: it is missing (What goes wrong.)"),
            (
                "{ kind: slow }", "faults.1.venue: it is missing (One of `venues`: where.)"
            ),
            ("{ kind: slow, venue: nera }", "faults.1.venue: there is no venue 'nera' (did you mean 'near'?)"),
            ("{ kind: slow, venue: near, acount: M }", "faults.1.acount: there is no such key (did you mean 'account'?)"),
            ("{ kind: slow, venue: near, account: Q }", "faults.1.account: there is no account 'Q' (name one of `accounts`)"),
            (
                "{ kind: slow, venue: near, account: T }",
                "faults.1.account: 'T' is an account at 'far' (name one at 'near', or leave it out for all)"
            ),
            (
                "{ kind: slow, venue: near, probability: 1 }",
                "faults.1.probability: it means nothing to slow (it knows account, delay, factor)"
            ),
            (
                "{ kind: stale_book, venue: near, account: M, after: 1 s, for: 1 s }",
                "faults.1.account: it means nothing to stale_book (it knows symbol)"
            ),
            (
                "{ kind: outage, venue: near }",
                "faults.1.kind: nothing says when the outage happens (add after: \"10 min\", at, or per_hour)"
            ),
            ("{ kind: outage, venue: near, after: 1 s }", "faults.1.for: it is missing (how long, such as for: \"30 s\")"),
            (
                "{ kind: slow, venue: near, for: 1 s }",
                "faults.1.for: nothing says when it begins (add after: \"10 min\", at, or per_hour)"
            ),
            (
                "{ kind: slow, venue: near, after: 1 s, per_hour: 2, for: 1 s }",
                "faults.1.per_hour: after says when already (keep one of them)"
            ),
            (
                "{ kind: outage, venue: near, after: 1 s, for: [1 s, 2 s] }",
                "faults.1.for: it wants one duration (two belong to per_hour: one between them is drawn for each)"
            ),
            (
                "{ kind: outage, venue: near, per_hour: 1, for: [2 s, 1 s] }",
                "faults.1.for: '2 s' is longer than '1 s' (write the shorter one first)"
            ),
            ("{ kind: outage, venue: near, after: 1 s, for: 0 s }", "faults.1.for: '0 s' is out of range (allowed: 1 ns to 365 d)"),
            (
                "{ kind: outage, venue: near, per_hour: 0, for: 1 s }",
                "faults.1.per_hour: '0' is out of range (allowed: 0.001 to 1000)"
            ),
            (
                "{ kind: outage, venue: near, after: 1 s, for: 1 s, answer: refusl }",
                "faults.1.answer: 'refusl' is not one of silence, refusal (did you mean 'refusal'?)"
            ),
            (
                "{ kind: outage, venue: near, after: 1 s, for: 1 s, reason: margin }",
                "faults.1.reason: silence has no reason (add answer: refusal)"
            ),
            (
                "{ kind: rejections, venue: near, probability: 1, reason: margn }",
                "faults.1.reason: there is no reason 'margn' (did you mean 'margin'?)"
            ),
            ("{ kind: dropped_reports, venue: near }", "faults.1.probability: it is missing (state it, such as probability: \"0.01\")"),
            (
                "{ kind: dropped_reports, venue: near, probability: \"1.5\" }",
                "faults.1.probability: '1.5' is out of range (allowed: 0.000000000001 to 1)"
            ),
            (
                "{ kind: position_reports, venue: near }",
                "faults.1.kind: nothing says what is wrong with the reports (add delay: \"5 s\", or error: \"-100 %\")"
            ),
            ("{ kind: adl, venue: near, after: 1 s, for: 1 s }", "faults.1.for: auto-deleveraging happens at once (leave it out)"),
            (
                "{ kind: liquidation, venue: near, after: 1 s, for: 1 s }",
                "faults.1.for: a liquidation happens at once (leave it out)"
            ),
            ("{ kind: fees, venue: near }", "faults.1.extra: it is missing (state it, such as extra: \"5 bp\")"),
            (
                "{ kind: steps, venue: near }",
                "faults.1.kind: nothing says which steps the venue wants (add ticks: 10, or lots: 100)"
            ),
            ("{ kind: slow, venue: near }, { venue: near, kind: slow }", "faults.2.kind: the same fault stands twice"),
            ("outage", "faults.1: it must be a mapping of keys to values"),
        ])
    func `what is wrong is said with a way out`(text: String, complaint: String) {
        #expect(Self.complaints(text) == [complaint])
    }

    private static let kinds = Scenario.Fault.Kind.allCases.map(\.rawValue).joined(separator: ", ")

    @Test func `it must be a list`() {
        let complaints = Demo.complaints(Demo.text + "faults: none\n")
        #expect(complaints.count == 1 && complaints[0].contains("faults: it must be a list of faults"))
    }

    @Test func `their order means nothing, and each of their words does`() throws {
        let (one, two) = ("{ kind: slow, venue: near }", "{ kind: outage, venue: far, after: 1 s, for: 2 s }")
        let scenario = try Demo.resolve(Self.text("\(one), \(two)"))
        #expect(try scenario.hash == Demo.resolve(Self.text("\(two), \(one)")).hash)
        #expect(
            scenario.canonicalText.split(separator: "\n").filter { $0.hasPrefix("faults.") } == [
                "faults.1.after = 1000 ms", "faults.1.answer = silence", "faults.1.for = 2000 ms", "faults.1.kind = outage",
                "faults.1.venue = far", "faults.2.delay = 0 ms", "faults.2.factor = 10", "faults.2.kind = slow", "faults.2.venue = near",
            ])
        for (word, other) in [("slow", "slow, factor: 2"), ("far", "near"), ("1 s", "2 s"), ("for: 2 s", "for: 3 s")] {
            let changed = try Demo.resolve(Self.text("\(one), \(two)".replacing(word, with: other)))
            #expect(changed.hash != scenario.hash, "\(word)")
        }
    }

    @Test func `no faults at all is the scenario without the key, and an override can bring some`() throws {
        let without = try Demo.resolve(Demo.text)
        #expect(try without.faults.isEmpty && Demo.resolve(Self.text("")).hash == without.hash)
        let overrides = ["faults=[{ kind: slow, venue: near }]"]
        #expect(try Demo.resolve(Demo.text, overrides: overrides).faults.map(\.kind) == [.slow])
        #expect(
            Demo.complaints(Demo.text, overrides: ["faults=[{ kind: slw, venue: near }]"]) == [
                "--set: faults.1.kind: there is no fault 'slw' (did you mean 'slow'?)"
            ])
    }

    @Test func `the schema has every kind and key`() throws {
        let schema = try #require(JSONSerialization.jsonObject(with: Data(ScenarioSchema.json([]).utf8)) as? [String: Any])
        let definitions = try #require(schema["$defs"] as? [String: Any])
        let fault = try #require(definitions["fault"] as? [String: Any])
        let properties = try #require(fault["properties"] as? [String: Any])
        #expect(
            properties.keys.sorted() == [
                "account", "after", "answer", "at", "delay", "error", "extra", "factor", "for", "kind", "lots", "per_hour", "probability",
                "reason", "reports", "share", "symbol", "ticks", "venue",
            ])
        #expect((properties["kind"] as? [String: Any])?["enum"] as? [String] == Scenario.Fault.Kind.allCases.map(\.rawValue))
        #expect(fault["required"] as? [String] == ["kind", "venue"])
    }
}
