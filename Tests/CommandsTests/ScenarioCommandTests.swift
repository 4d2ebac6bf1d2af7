import Foundation
import Testing

@Suite struct ScenarioCommandTests {
    private static let strategies = [
        "simple_hedge", "xemm", "liquidation_hedge", "cross_arb", "market_maker", "funding_arb", "basis", "liquidation_flow", "diagnostics",
        "idle",
    ]

    @Test func `check prints the resolved scenario, what was overridden, and the hash`() throws {
        let program = try Program()
        try program.write("demo.yaml", Scenarios.demo())
        let plain = try program.run("scenario", "check", "demo.yaml")
        #expect((plain.code, plain.error) == (0, ""))
        let lines = plain.out.split(separator: "\n")
        #expect(lines.first == "accounts.M.collateral = 50000 USDC")
        #expect(lines.contains("seed = 7"))
        #expect(lines.last?.wholeMatch(of: /# hash [0-9a-f]{64}/) != nil)
        let changed = try program.run(
            "scenario", "check", "demo.yaml", "--set", "seed=9", environment: ["MMSIM_SET__seed": "8", "MMSIM_SET__name": "other"])
        #expect(changed.out.split(separator: "\n").contains("seed = 9"))
        #expect(
            changed.out.split(separator: "\n").suffix(4).dropLast() == [
                "# name = other from MMSIM_SET__name", "# seed = 8 from MMSIM_SET__seed", "# seed = 9 from --set",
            ])
        #expect(changed.out.split(separator: "\n").last != lines.last)
    }

    @Test func `check names all that is wrong, each with its place and a hint`() throws {
        let program = try Program()
        try program.write("demo.yaml", Scenarios.demo([("seed: 7", "sede: 7"), ("50000 USDC", "50000"), ("xemm", "xem")]))
        #expect(
            try program.run("scenario", "check", "demo.yaml")
                == .init(
                    code: 2, out: "",
                    error: """
                        error: demo.yaml:3:1: sede: there is no such key
                        hint: did you mean 'seed'?
                        error: demo.yaml:9:38: accounts.M.collateral: '50000' has no currency
                        hint: write "50000 USD", or another currency or token
                        error: demo.yaml:10:37: accounts.T.collateral: '50000' has no currency
                        hint: write "50000 USD", or another currency or token
                        error: demo.yaml:12:9: strategy.name: there is no strategy 'xem'
                        hint: did you mean 'xemm'?

                        """))
    }

    @Test(arguments: [["scenario", "check"], ["backtest"]])
    func `a missing file is a wrong use`(command: [String]) throws {
        let program = try Program()
        try program.write("demo.yaml", Scenarios.demo())
        #expect(
            try program.run(command + ["dmeo.yaml"])
                == .init(code: 2, out: "", error: "error: dmeo.yaml: there is no such file\nhint: did you mean 'demo.yaml'?\n"))
    }

    @Test func `schema prints JSON that knows every strategy`() throws {
        let outcome = try Program().run("scenario", "schema")
        #expect((outcome.code, outcome.error) == (0, ""))
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [String: Any])
        let definitions = try #require(schema["$defs"] as? [String: Any])
        #expect(
            definitions.keys.filter { $0.hasPrefix("parameters of ") }.sorted()
                == Self.strategies.sorted().map { "parameters of " + $0 })
    }

    @Test func `strategies lists them, and explains one with an example that is valid`() throws {
        let program = try Program()
        let list = try program.run("strategies")
        #expect((list.code, list.error) == (0, ""))
        let paragraphs = list.out.components(separatedBy: "\n\n")
        #expect(paragraphs.count == 2 && paragraphs[1].hasPrefix("Several at once: strategies: { ID:"))
        let names = paragraphs[0].split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names == Self.strategies)
        for name in names {
            let explained = try program.run("strategies", name)
            #expect((explained.code, explained.error) == (0, ""))
            for part in ["Phases:", "Accounts:", "Parameters:", "Example:"] { #expect(explained.out.contains(part), "\(name): \(part)") }
            let example = try #require(explained.out.components(separatedBy: "Example:\n\n").last)
            try program.write("\(name).yaml", example)
            let checked = try program.run("scenario", "check", "\(name).yaml")
            #expect((checked.code, checked.error) == (0, ""), "\(name)")
        }
        #expect(try program.run("strategies", "xemm").out.contains("before the maker leg is reduced. Optional.\n"))
        #expect(
            try program.run("strategies", "xemm").out.contains("default 3 bp; -100 bp to 1000 bp; `mmsim set` changes it while it runs\n"))
        #expect(
            try program.run("strategies", "xmm")
                == .init(code: 2, out: "", error: "error: there is no strategy 'xmm'\nhint: did you mean 'xemm'?\n"))
        #expect(
            try program.run("strategies", "moonshot")
                == .init(code: 2, out: "", error: "error: there is no strategy 'moonshot'\nhint: `mmsim strategies` lists them\n"))
    }
}
