import Foundation
import Testing

/// Paper runs as a user starts them, against venues on this machine.
@Suite(.serialized) struct PaperTests {
    private static let scenario = """
        version: 1
        name: pair
        seed: 3
        symbols: { BTC: { one: BTC_USDC_PERP, two: BTC } }
        venues:
          one: { feed: backpack, profile: backpack, margin_check: none }
          two: { feed: backpack, profile: backpack, margin_check: none }
        accounts:
          M: { venue: one, collateral: ["20000 USDC"], entry_latency: "8 ms", response_latency: "8 ms" }
          T: { venue: two, collateral: ["20000 USDC"], entry_latency: "5 ms", response_latency: "5 ms" }
        strategy:
          name: simple_hedge
          symbol: BTC
          accounts: { maker: M, taker: T }
          parameters:
            { size: "0.05 BTC", hold: ["1 s", "2 s"], cool_down: ["0.5 s", "1 s"], entry_timeout: "5 s", interval: "0.5 s" }
        reporting: USD
        rates: { "USDC/USD": "1" }
        """

    /// Two venues over one tape, each with a contract of its own.
    private struct World {
        let programs: LivePrograms
        let one: ServedVenue
        let two: ServedVenue

        init() throws {
            programs = try LivePrograms()
            try programs.makeTape()
            try programs.write("pair.yaml", PaperTests.scenario)
            one = try ServedVenue(programs, "--speed", "10")
            two = try ServedVenue(programs, "--speed", "10")
        }

        var places: [String] { Self.place("one", one) + Self.place("two", two) }

        static func place(_ name: String, _ venue: ServedVenue) -> [String] {
            ["--rest", "\(name)=http://127.0.0.1:\(venue.port)", "--stream", "\(name)=ws://127.0.0.1:\(venue.port)"]
        }

        func paper(_ words: String...) throws -> RunningProgram { try programs.start(["paper", "pair.yaml"] + places + words) }

        func report(_ folder: String) throws -> Report {
            try JSONDecoder().decode(Report.self, from: Data(contentsOf: programs.folder.appending(path: "\(folder)/report.json")))
        }

        func end() throws { for venue in [one, two] { _ = try venue.program.interrupt() } }
    }

    private struct Report: Decodable {
        struct Line: Decodable {
            var name: String
            var amount: String
        }

        struct Venue: Decodable {
            var fills: Int
        }

        struct Paper: Decodable {
            var reports: Int
            var late_reports: Int
            var lag_largest_ns: Int
            var items_not_recorded: Int?
        }

        var partial: Bool
        var attribution: [Line]
        var venues: [Venue]
        var paper: Paper
        var feeds: [[String: Value]]

        enum Value: Decodable {
            case number(Int), text(String), other

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int.self) {
                    self = .number(number)
                } else if let text = try? container.decode(String.self) {
                    self = .text(text)
                } else {
                    self = .other
                }
            }
        }

        var residual: String? { attribution.first { $0.name == "residual" }?.amount }
    }

    @Test func `a run trades on paper, its report adds up, and its journal is replayed on what was recorded beside it`() throws {
        let world = try World()
        let ended = try world.paper("--duration", "8 s").ended()
        #expect(ended.code == 0, "\(ended.error)")
        #expect(ended.error.hasPrefix("on paper: BTC_USDC_PERP at one, BTC at two; Ctrl-C ends it\n"), "\(ended.error)")
        #expect(ended.out.contains("report: reports/pair-paper/report.html"))
        let report = try world.report("reports/pair-paper")
        #expect(!report.partial && report.residual == "0")
        #expect(report.venues.count == 2 && report.venues.allSatisfy { $0.fills > 0 })
        #expect(report.paper.reports > 0 && report.paper.items_not_recorded == 0)
        let replay = try world.programs.mmsim("replay", "reports/pair-paper/journal.sqlite")
        #expect(replay.code == 0 && replay.out.hasPrefix("equal: "), "\(replay)")
        try world.end()
    }

    @Test func `a run outlives a venue, and Ctrl-C leaves a report that says so`() throws {
        let world = try World()
        let paper = try world.paper("--out", "kept")
        try paper.wait(for: "heard both") {
            $0.error.contains("one: the streams are there") && $0.error.contains("two: the streams are there")
        }
        world.two.program.kill()
        try paper.wait(for: "lost it") { $0.error.contains("two: the streams are lost: ") }
        let again = try ServedVenue(world.programs, port: world.two.port, "--speed", "10")
        try paper.wait(for: "heard it again") { $0.error.components(separatedBy: "two: the streams are there").count == 3 }
        let ended = try paper.interrupt()
        #expect(ended.code == 130 && ended.out.contains("PARTIAL: the run was interrupted"), "\(ended)")
        let report = try world.report("kept")
        #expect(report.partial && report.residual == "0")
        let gaps = report.feeds.compactMap { feed in if case .number(let gaps)? = feed["gaps"] { gaps } else { nil } }
        #expect(gaps.count == 2 && gaps.reduce(0, +) > 0)
        let replay = try world.programs.mmsim("replay", "kept/journal.sqlite")
        #expect(replay.code == 0 && replay.out.hasPrefix("equal: "), "\(replay)")
        for venue in [world.one, again] { _ = try venue.program.interrupt() }
    }

    @Test(arguments: [
        (
            ["--rest", "http://127.0.0.1:1"], 2 as Int32,
            "error: --rest names no venue, and there are 2\nhint: write --rest one=URL"
        ),
        (["--rest", "tow=http://127.0.0.1:1"], 2, "error: --rest: there is no venue 'tow'\nhint: did you mean 'two'?\n"),
        (["--stream", "one=http://127.0.0.1:1"], 2, "error: --stream: the URL's scheme is 'http', expected ws or wss\n"),
        (["--duration", "5"], 2, "error: --duration: '5' has no unit\n"),
        (
            ["--set", "venues.two.queue=exact-fifo"], 2,
            "error: venue 'two' wants the queue exact-fifo, but the streams of backpack tell no orders\nhint: "
        ),
        (
            ["--set", "venues.two.profile=lighter-premium"], 2,
            "error: venue 'two': the protocol of 'lighter-premium' is not spoken yet\n"
        ),
        (
            ["--set", "faults=[{ kind: outage, venue: two, answer: silence, after: 3 s, for: 1 s }]"], 2,
            "error: a paper run has no faults, and the scenario has outage at 'two'\nhint: "
        ),
        (
            ["--rest", "one=http://127.0.0.1:1", "--stream", "one=ws://127.0.0.1:1"], 1,
            "error: backpack can't be reached at http://127.0.0.1:1: 127.0.0.1:1 refused the connection\nhint: see whether --rest "
        ),
    ])
    func `a run that can't begin says why, and leaves nothing`(words: [String], code: Int32, start: String) throws {
        let programs = try LivePrograms()
        try programs.write("pair.yaml", Self.scenario)
        let refused = try programs.start(["paper", "pair.yaml"] + words).ended()
        #expect((refused.code, refused.out) == (code, ""))
        #expect(refused.error.hasPrefix(start), "\(refused.error)")
        #expect(!programs.exists("reports/pair-paper") && !programs.exists("reports/pair-paper.part"))
    }
}
