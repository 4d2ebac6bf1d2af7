import Market
import Scenario
import Testing
import Trading

/// `strategies:` in place of `strategy:`.
@Suite struct SeveralStrategiesTests {
    private static let one = Demo.lines.filter { $0.path.hasPrefix("strategy.") }

    /// The demo's strategy under two ids, and what is added to the second one.
    private static func text(_ first: String = "fast", _ second: String = "slow", extra: [String] = []) -> String {
        func body(_ id: String) -> [String] {
            ["  \(id):"] + one.map { String(repeating: " ", count: $0.indent + 2) + "\($0.key): \($0.value)" }
        }
        let lines = ["strategies:"] + body(first) + body(second) + extra.map { "    " + $0 }
        return Demo.removing("strategy") + lines.map { $0 + "\n" }.joined()
    }

    @Test func `each has its id, in the order of the ids, and limits of its own`() throws {
        let scenario = try Demo.resolve(
            Self.text("slow", "fast", extra: ["compute_time: \"2 ms\"", "risk: { max_position: \"2 BTC\", max_drawdown: \"50 USDT\" }"]))
        #expect(scenario.strategies.map(\.id) == ["fast", "slow"] && scenario.strategies.map(\.name) == ["pair", "pair"])
        #expect(scenario.strategies.allSatisfy { $0.accounts == ["maker": "M", "taker": "T"] })
        #expect(scenario.strategies[0].limits.maximumPosition == Money(nanos: 2_000_000_000, try #require(Currency("BTC"))))
        #expect(scenario.strategies[0].limits.losses?.drawdown == 50_000_000_000 && scenario.strategies[1].limits == .init())
        #expect(scenario.computeTime == .milliseconds(2) && scenario.strategyText == "fast (pair), slow (pair)")
    }

    @Test func `the canonical form names each, and the order in the file means nothing`() throws {
        let extra = ["risk: { max_position: \"2 BTC\", max_orders_per_second: 4, max_loss_per_hour: \"5 USDT\" }"]
        let lines = try Demo.resolve(Self.text(extra: extra)).canonicalText.split(separator: "\n").filter {
            $0.hasPrefix("strategies.slow")
        }
        #expect(
            lines.prefix(5) == [
                "strategies.slow.accounts.maker = M", "strategies.slow.accounts.taker = T", "strategies.slow.name = pair",
                "strategies.slow.parameters.attempts = 3", "strategies.slow.parameters.hold = 60000 ms .. 120000 ms",
            ])
        #expect(
            lines.suffix(4) == [
                "strategies.slow.risk.max_loss_per_hour = 5 USDT", "strategies.slow.risk.max_orders_per_second = 4",
                "strategies.slow.risk.max_position = 2 BTC", "strategies.slow.symbol = BTC",
            ])
        #expect(try Demo.resolve(Self.text("a", "b")).hash == Demo.resolve(Self.text("b", "a")).hash)
        #expect(try Demo.resolve(Self.text("a", "b")).hash != Demo.resolve(Self.text("a", "c")).hash)
        // One of them alone is not the one-strategy form, whose text stays what it was.
        #expect(try !Demo.resolve(Demo.text).canonicalText.contains("strategies"))
    }

    @Test func `a key of one is set by its id`() throws {
        let scenario = try Demo.resolve(
            Self.text(), environment: ["MMSIM_SET__strategies__fast__parameters__attempts": "7"],
            overrides: ["strategies.slow.parameters.attempts=9", "strategies.slow.risk.max_position=3 BTC"])
        #expect(scenario.strategies.map { $0.parameters.limit("attempts") } == [7, 9])
        #expect(scenario.strategies.map { $0.limits.maximumPosition?.nanos } == [nil, 3_000_000_000])
    }

    @Test func `what is wrong is shown at its place`() {
        let number = Demo.removing("strategy").split(separator: "\n").count
        func complaints(_ text: String, _ overrides: [String] = []) -> [String] { Demo.complaints(text, overrides: overrides) }
        #expect(
            complaints(Demo.text + "strategies: { a: {} }\n") == [
                "\(Demo.lines.count + 1):1: strategies: there is a 'strategy' too (a run has one, or all of them under 'strategies')"
            ])
        #expect(complaints(Self.text("fast", "fast")) == ["\(number + 2):3: the key 'fast' stands twice (name it once)"])
        #expect(
            complaints(Self.text(), ["strategies.fsat.parameters.attempts=9"])
                == ["--set: strategies.fsat: there is no strategy of this id (did you mean 'fast'?)"])
        #expect(
            complaints(Self.text().replacing("name: pair", with: "name: pear", maxReplacements: 1))
                == ["\(number + 3):11: strategies.fast.name: there is no strategy 'pear' (did you mean 'pair'?)"])
        #expect(
            complaints(Self.text(extra: ["risk: { max_positoin: 1 }"])).map { $0.split(separator: " ", maxSplits: 1)[1] }
                == ["strategies.slow.risk.max_positoin: there is no such key (did you mean 'max_position'?)"])
        #expect(
            complaints(Demo.removing("strategy") + "strategies: {}\n").contains { $0.hasSuffix("strategies: there must be one at least") })
        #expect(
            complaints(Demo.removing("strategy") + "strategies: [pair]\n").contains {
                $0.hasSuffix("strategies: it must be a mapping of keys to values")
            })
    }

    @Test func `margin headroom is a share, and stands in the canonical form only where it is stated`() throws {
        let text = Demo.text.replacing("  duplicate_window", with: "  margin_headroom: \"20 %\"\n  duplicate_window")
        let scenario = try Demo.resolve(text)
        #expect(scenario.risk.marginHeadroom == Rate(basisPoints: 2_000))
        #expect(scenario.canonicalText.contains("risk.margin_headroom = 2000 bp\n"))
        #expect(try !Demo.resolve(Demo.text).canonicalText.contains("margin_headroom"))
        #expect(Demo.complaints(text.replacing("20 %", with: "95 %")).count == 1)
    }
}
