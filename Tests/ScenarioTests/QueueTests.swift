import Scenario
import Testing

@Suite struct QueueTests {
    private static func resolve(_ queue: String) throws -> Scenario {
        try Demo.resolve(Demo.text.replacing("queue: trades-only", with: queue))
    }

    @Test(
        arguments: [
            ("queue: power", Scenario.Queue.power, 2_000_000_000), ("queue: power2\n    queue_exponent: 3", .power2, 3_000_000_000),
            ("queue: power3\n    queue_exponent: \"0.5\"", .power3, 500_000_000), ("queue: log", .log, nil), ("queue: log2", .log2, nil),
            ("queue: exact-fifo", .exactFIFO, nil), ("queue: risk-averse", .riskAverse, nil),
        ] as [(String, Scenario.Queue, Int64?)])
    func `each model has its name, and the power models an exponent`(text: String, queue: Scenario.Queue, exponent: Int64?) throws {
        let venue = try #require(Self.resolve(text).venue("near"))
        #expect((venue.queue, venue.queueExponent) == (queue, exponent))
    }

    @Test func `the exponent is part of what a scenario means`() throws {
        let stated = try Self.resolve("queue: power2\n    queue_exponent: 2.0")
        let silent = try Self.resolve("queue: power2")
        let other = try Self.resolve("queue: power2\n    queue_exponent: 3")
        #expect(stated.canonicalText.contains("venues.near.queue = power2\nvenues.near.queue_exponent = 2\n"))
        #expect(stated.hash == silent.hash && stated.hash != other.hash)
    }

    @Test(
        arguments: [
            ("queue: log\n    queue_exponent: 2", "the queue model log has no exponent", "the models power, power2 and power3 have"),
            ("queue_exponent: 2", "the queue model trades-only has no exponent", "the models power, power2 and power3 have"),
            ("queue: power\n    queue_exponent: 0", "'0' is out of range", "allowed: 0.1 to 20"),
            ("queue: power\n    queue_exponent: 21", "'21' is out of range", "allowed: 0.1 to 20"),
            ("queue: power\n    queue_exponent: square", "'square' does not begin with a decimal number", nil),
        ] as [(String, String, String?)])
    func `an exponent that is none or has no model is refused`(text: String, message: String, hint: String?) {
        let error = #expect(throws: ScenarioError.self) { try Self.resolve(text) }
        let issue = error?.issues.first
        #expect(error?.issues.count == 1)
        #expect(issue?.key == "venues.near.queue_exponent" && issue?.message == message && issue?.hint == hint)
    }

    @Test func `a model that is not known is told of once`() {
        let error = #expect(throws: ScenarioError.self) { try Self.resolve("queue: powr\n    queue_exponent: 2") }
        #expect(error?.issues.map(\.key) == ["venues.near.queue"])
        #expect(error?.issues.first?.hint == "did you mean 'power'?")
    }
}
