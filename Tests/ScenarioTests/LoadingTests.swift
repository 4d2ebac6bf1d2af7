import Foundation
import Scenario
import TestSupport
import Testing
import Trading

@Suite struct LoadingTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func path(_ name: String) -> String { folder.path(name) }

    private func complaints(_ name: String) -> [String] {
        do {
            _ = try ScenarioLoader(strategies: Demo.strategies).load(path: path(name))
            return []
        } catch {
            return error.issues.map { ($0.description + ($0.hint.map { " (\($0))" } ?? "")).replacing(folder.path, with: "…") }
        }
    }

    @Test func `a file is read, and its tapes are beside it`() throws {
        try Data(Demo.text.utf8).write(to: folder.url.appending(path: "demo.yaml"))
        let scenario = try ScenarioLoader(strategies: Demo.strategies).load(path: path("demo.yaml"), overrides: ["seed=3"])
        #expect(scenario.tapes == [path("a.tape"), "/data/b.tape"])
        #expect(scenario.seed == 3)
    }

    @Test func `what is no readable file is refused`() throws {
        try Data(Demo.text.utf8).write(to: folder.url.appending(path: "demo.yaml"))
        try Data([0x6E, 0xFF, 0xFE]).write(to: folder.url.appending(path: "latin.yaml"))
        try FileManager.default.createDirectory(at: folder.url.appending(path: "sub"), withIntermediateDirectories: true)
        #expect(complaints("dmeo.yaml") == ["…/dmeo.yaml: there is no such file (did you mean '…/demo.yaml'?)"])
        #expect(complaints("quite-another.txt") == ["…/quite-another.txt: there is no such file"])
        #expect(complaints("sub") == ["…/sub: it is a folder (name a scenario file in it)"])
        #expect(complaints("latin.yaml") == ["…/latin.yaml: it is not UTF-8 text (a scenario is YAML or JSON)"])
    }

    @Test func `a role that is optional may be bound, and is checked like any other`() throws {
        func text(_ account: String) -> String {
            Demo.text.replacing("taker: T\n", with: "taker: T\n    spare: \(account)\n")
                .replacing("collateral: \"1 BTC\"\n", with: "collateral: \"1 BTC\"\n  S:\n    venue: far\n    collateral: \"1 BTC\"\n")
        }
        #expect(try Demo.resolve(Demo.text).strategy.accounts == ["maker": "M", "taker": "T"])
        #expect(try Demo.resolve(text("S")).strategy.accounts == ["maker": "M", "taker": "T", "spare": "S"])
        #expect(Demo.complaints(text("T")).contains { $0.contains("'T' has another role already") })
    }
}
