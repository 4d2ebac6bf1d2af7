import Foundation
import Scenario
import Testing

@Suite struct SchemaTests {
    private typealias Object = [String: Any]

    private func schema() throws -> Object {
        try #require(JSONSerialization.jsonObject(with: Data(ScenarioSchema.json(Demo.strategies).utf8)) as? Object)
    }

    private func keys(_ schema: Object) throws -> Set<String> { Set(try #require(schema["properties"] as? Object).keys) }

    @Test func `it is JSON, also without strategies`() throws {
        #expect(try schema()["title"] as? String == "mmsim scenario")
        #expect(try JSONSerialization.jsonObject(with: Data(ScenarioSchema.json([]).utf8)) is Object)
        #expect(ScenarioSchema.json(Demo.strategies).hasSuffix("}\n"))
    }

    /// Keys that other values of the demo rule out, or that have tests of their own.
    private static let testedApart: Set = [
        "queue_exponent", "tier", "speed_bumps", "separate_lanes", "batches", "instruments", "reconcile_every", "compute_time",
        "self_trade", "self_trade_scope", "market_price", "amend_place", "limits", "cancel_on_disconnect", "replenish", "nonces", "funding",
        "funding_interval", "max_drawdown", "max_loss_per_hour", "max_loss_per_day", "on_breaker", "margin_headroom",
    ]

    /// The demo has every key there is but faults, which have tests of their own, and the schema no other.
    @Test func `it names every key`() throws {
        let schema = try schema()
        let definitions = try #require(schema["$defs"] as? Object)
        func demo(_ path: String) -> Set<String> {
            Set(Demo.lines.filter { $0.path == path + "." + $0.key }.map(\.key)).union(Demo.moneyKeys[path] ?? [])
        }
        #expect(try keys(schema) == Set(Demo.lines.filter { $0.indent == 0 }.map(\.key)).union(["faults", "strategies"]))
        for (name, path) in [
            ("range", "range"), ("venue", "venues.near"), ("account", "accounts.M"), ("margin", "venues.near.margin"),
            ("strategy", "strategy"), ("risk", "risk"),
            ("rate", "rates.BTC/USD"), ("report", "report"), ("parameters of pair", "strategy.parameters"),
        ] {
            let definition = try #require(definitions[name] as? Object)
            #expect(try keys(definition).subtracting(Self.testedApart) == demo(path), "\(name)")
        }
        #expect(try keys(try #require(definitions["instrument"] as? Object)).count == 4)
        let idle = try #require(definitions["parameters of idle"] as? Object)
        #expect(try keys(idle) == [])
        #expect(definitions.count == 21)
    }

    @Test func `a scenario has one strategy or several, and each of several what one has and limits of its own`() throws {
        let schema = try schema()
        let either = try #require(schema["oneOf"] as? [Object])
        #expect(either.map { $0["required"] as? [String] } == [["strategy"], ["strategies"]])
        let definitions = try #require(schema["$defs"] as? Object)
        let (one, several) = (try #require(definitions["strategy"] as? Object), try #require(definitions["strategy of several"] as? Object))
        #expect(try keys(several) == keys(one).union(["risk"]) && (several["allOf"] as? [Object])?.count == 2)
        let limits = [
            "max_order_notional", "max_position", "max_orders_per_second", "max_drawdown", "max_loss_per_hour", "max_loss_per_day",
        ]
        #expect(try keys(try #require(definitions["risk of one"] as? Object)) == Set(limits))
    }

    @Test func `every reference leads somewhere`() throws {
        let text = ScenarioSchema.json(Demo.strategies)
        let definitions = try #require(schema()["$defs"] as? Object)
        let names = text.matches(of: /"\$ref": "#\/\$defs\/([^"]+)"/).map { String($0.output.1) }
        #expect(names.count >= 9)
        for name in names { #expect(definitions[name] != nil, "\(name)") }
    }

    @Test func `a strategy brings its roles and parameters`() throws {
        let definitions = try #require(schema()["$defs"] as? Object)
        let strategy = try #require(definitions["strategy"] as? Object)
        let conditions = try #require(strategy["allOf"] as? [Object])
        #expect(conditions.count == 2)
        let then = try #require(conditions.first?["then"] as? Object)
        #expect(then["required"] as? [String] == ["name", "parameters"])
        let accounts = try #require((then["properties"] as? Object)?["accounts"] as? Object)
        #expect(accounts["required"] as? [String] == ["maker", "taker"])
        #expect((accounts["properties"] as? Object)?.keys.sorted() == ["maker", "spare", "taker"], "one may be left out")
        let parameters = try #require(definitions["parameters of pair"] as? Object)
        #expect(parameters["required"] as? [String] == ["size"])
        let attempts = try #require((parameters["properties"] as? Object)?["attempts"] as? Object)
        #expect(attempts["description"] as? String == "Tries. 1 to 100, or unlimited. Default unlimited.")
    }

    /// What the reader takes, an editor that knows the schema must not mark: each value of the demo against its pattern.
    @Test func `its patterns take what the reader takes`() throws {
        let definitions = try #require(schema()["$defs"] as? Object)
        for (name, path) in [
            ("venue", "venues.near"), ("account", "accounts.M"), ("risk", "risk"), ("parameters of pair", "strategy.parameters"),
        ] {
            let properties = try #require((definitions[name] as? Object)?["properties"] as? Object)
            for line in Demo.lines where line.path == path + "." + line.key {
                guard let pattern = (properties[line.key] as? Object)?["pattern"] as? String else { continue }
                let value = line.value.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
                #expect(value.range(of: pattern, options: .regularExpression) != nil, "\(line.path)")
            }
        }
    }
}
