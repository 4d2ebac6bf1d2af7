import Market
import Simulation
import Strategies
import Testing
import Trading

@Suite struct DiagnosticsTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }

    /// The names of what was checked, in order, and of what failed.
    private static func run(
        _ changes: [String: ParameterValue] = [:], faults: FaultPlan? = nil, seconds: Int64 = 60
    ) -> (world: PairWorld, names: [String], failed: [String]) {
        var parameters = changes
        parameters["budget"] = parameters["budget"] ?? .amount(Money(nanos: 5_000_000_000, PairWorld.usd))
        let players = [PairWorld.Player(role: "account", venue: 0), .init(role: "other", venue: 1)]
        var world = PairWorld(PairWorld.instruments(), players, faults: [faults, nil]) { binding in
            do { return try Diagnostics(PairWorld.parameters(Diagnostics.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        for second in 0..<seconds {
            world.mark(0, 60_001)
            world.record(0, .level, .sell, 60_007, 4_000 + second)
            // Somebody buys and sells, so that what rests at the touch fills.
            world.record(0, .trade, .sell, 60_000, 30)
            world.pass(milliseconds: 1_000)
        }
        func name(_ check: (text: String, passes: Bool)) -> String { check.text.split(separator: ":").first.map(String.init) ?? "" }
        return (world, world.notes.checks.map(name), world.notes.checks.filter { !$0.passes }.map(name))
    }

    private static let life = [
        "order acknowledged", "order, by query", "order, by open orders", "order cancelled", "cancelled, by query",
        "cancelled, by open orders",
    ]

    @Test func `an account that works passes every check, and nothing is left`() {
        let (world, names, failed) = Self.run()
        #expect(names == ["rules", "book", "clock", "balances", "margin", "position"] + Self.life)
        #expect(failed.isEmpty && world.notes.texts.last == "12 checks, 0 failed")
        #expect(world.notes.sent.count == 1 && world.core.openOrders.isEmpty && world.venues[0].restingOrderCount == 0)
        let order = world.notes.sent[0]
        // 2 % below 60,001, the smallest size.
        #expect(order.draft.price?.ticks == 58_800 && order.quantity.lots == 1 && order.draft.postOnly)
        #expect(world.notes.checks[6].text == "order acknowledged: order 1 (20 ms)")
        #expect(world.notes.checks[8].text == "order, by open orders: 1 open orders, order 1 is one of them (20 ms)")
    }

    @Test func `with a trade the smallest size is bought and closed, within the budget`() {
        let (world, names, failed) = Self.run(["trade": .boolean(true)])
        #expect(names.suffix(4) == ["budget", "tracking limit", "closed", "spent"] && failed.isEmpty)
        #expect(world.position(0) == 0 && world.notes.fills.map(\.fill.quantity.lots) == [1, 1])
        #expect(world.notes.sent.last?.draft.reduceOnly == true)
        // 0.001 BTC and a fee of nothing: 2 USD of the price are 0.002.
        #expect(world.notes.checks.last?.text.hasPrefix("spent: ") == true)
    }

    @Test func `what might cost more than the budget is not traded`() {
        let (world, names, failed) = Self.run(
            ["trade": .boolean(true), "budget": .amount(Money(nanos: 10_000_000, PairWorld.usd))])
        #expect(names.last == "budget" && failed == ["budget"] && world.notes.sent.count == 1)
    }

    @Test func `a venue that loses orders fails where it loses them`() {
        let lost = FaultPlan([Fault(.submitFailure(.silence), from: Self.at(0))])
        let (world, names, failed) = Self.run(faults: lost)
        #expect(names.count == 7, "there is no order whose life could be followed")
        #expect(failed.first == "order acknowledged" && world.notes.texts.last?.hasSuffix("failed") == true)
        #expect(world.venues[0].restingOrderCount == 0)
    }

    @Test func `a refused order is told with its reason`() {
        let refusal = FaultPlan([Fault(.rejections(.margin, probability: PairWorld.certain), from: Self.at(0))])
        let (world, _, failed) = Self.run(faults: refusal)
        #expect(failed == ["order acknowledged"])
        #expect(world.notes.checks.last?.text.contains("margin") == true)
    }

    @Test func `cancels that vanish and positions that are told wrongly are found`() {
        let silence = FaultPlan([Fault(.cancelFailure(.silence), from: Self.at(0))])
        let (_, _, failed) = Self.run(faults: silence)
        #expect(failed.first == "order cancelled")
        let silent = FaultPlan([Fault(.outage(.silence), from: Self.at(0))])
        let (dark, _, none) = Self.run(faults: silent)
        #expect(none.prefix(3) == ["balances", "position", "order acknowledged"] && dark.position(0) == 0)
    }
}
