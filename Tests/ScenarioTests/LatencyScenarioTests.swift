import Foundation
import Market
import Scenario
import Testing

/// How an account's messages travel, as a scenario states it.
@Suite struct LatencyScenarioTests {
    private static let csv = "request_ns,venue_ns,response_ns\n100,130,140\n200,0,280\n300,350,390\n"

    private static func resolve(_ text: String, csv: String? = csv) throws(ScenarioError) -> Scenario {
        let loader = ScenarioLoader(strategies: Demo.strategies) { path in path == "folder/l.csv" ? csv.map { Array($0.utf8) } : nil }
        return try loader.resolve(text, file: Demo.file)
    }

    private static func complaints(_ text: String, csv: String? = csv) -> [String] {
        do {
            _ = try resolve(text, csv: csv)
            return []
        } catch {
            return error.issues.map { "\($0.key): \($0.message)" + ($0.hint.map { " (\($0))" } ?? "") }
        }
    }

    /// The demo with keys of account T, at Lighter's standard rules.
    private static func account(_ keys: String) -> String {
        Demo.text.replacing("    collateral: \"1 BTC\"\n", with: "    collateral: \"1 BTC\"\n    \(keys)\n")
    }

    private static func connection(_ keys: String) throws -> ConnectionModel {
        try #require(resolve(account(keys)).account("T")).connection
    }

    // MARK: Models

    private static let bounds = Nanoseconds.milliseconds(2) ... .milliseconds(200)

    @Test(
        arguments: [
            ("3 ms", .constant(.milliseconds(3)), "3 ms"),
            (
                "{model: normal, mean: 8 ms, deviation: 1 ms}",
                LatencyModel(.normal(mean: .milliseconds(8), deviation: .milliseconds(1), .zero ... .hours(1))),
                "normal, mean 8 ms, deviation 1 ms, 0 ms to 3600000 ms"
            ),
            (
                "{model: lognormal, median: 8 ms, sigma: 0.4, min: 2 ms, max: 200 ms, correlation: 0.8, decay: 50 ms}",
                LatencyModel(
                    .lognormal(median: .milliseconds(8), sigma: Rate(trillionths: 400_000_000_000), bounds),
                    bursts: .init(correlation: Rate(trillionths: 800_000_000_000), decay: .milliseconds(50))),
                "lognormal, median 8 ms, sigma 0.4, 2 ms to 200 ms, correlation 0.8, decay 50 ms"
            ),
            (
                "{model: quantiles, points: {\"0.99\": 40 ms, \"0.5\": 8 ms}}",
                LatencyModel(
                    .quantiles([
                        .init(probability: Rate(trillionths: 500_000_000_000), latency: .milliseconds(8)),
                        .init(probability: Rate(trillionths: 990_000_000_000), latency: .milliseconds(40)),
                    ])), "quantiles, 0.5: 8 ms, 0.99: 40 ms"
            ),
            (
                "{model: samples, file: l.csv}",
                LatencyModel(
                    .samples(
                        [(100, 130, 140), (200, 0, 280), (300, 350, 390)].map {
                            .init(
                                request: Timestamp(nanoseconds: $0.0), venue: Timestamp(nanoseconds: $0.1),
                                response: Timestamp(nanoseconds: $0.2))
                        })),
                // SHA-256 of the rows without their header, by another program.
                "samples 195cdc5fa147e5875ab4ea776b7afea212afc5c6ec55b7dcbe4c658aa2e0ccd9"
            ),
        ] as [(String, LatencyModel, String)])
    func `a latency is a duration or a model`(text: String, model: LatencyModel, canonical: String) throws {
        let scenario = try Self.resolve(Self.account("entry_latency: \(text)\n    response_latency: \(text)"))
        let connection = try #require(scenario.account("T")).connection
        #expect(connection.entry == EntryLatency(model))
        #expect(connection.response == model)
        #expect(scenario.canonicalText.contains("accounts.T.entry_latency = \(canonical)"))
        #expect(scenario.canonicalText.contains("accounts.T.response_latency = \(canonical)"))
    }

    @Test func `kinds of requests that are not stated are like orders`() throws {
        let scenario = try Self.resolve(Self.account("entry_latency: {submit: 8 ms, cancel: {model: normal, mean: 4 ms, deviation: 1 ms}}"))
        let entry = try #require(scenario.account("T")).connection.entry
        var expected = EntryLatency(.constant(.milliseconds(8)))
        expected.cancel = LatencyModel(.normal(mean: .milliseconds(4), deviation: .milliseconds(1), .zero ... .hours(1)))
        #expect(entry == expected)
        #expect(
            scenario.canonicalText.split(separator: "\n").filter { $0.hasPrefix("accounts.T.entry_latency") } == [
                "accounts.T.entry_latency.amend = 8 ms",
                "accounts.T.entry_latency.cancel = normal, mean 4 ms, deviation 1 ms, 0 ms to 3600000 ms",
                "accounts.T.entry_latency.post_only = 8 ms", "accounts.T.entry_latency.query = 8 ms",
                "accounts.T.entry_latency.submit = 8 ms",
            ])
    }

    @Test func `where a file of samples is does not matter, what is in it does`() throws {
        let text = Self.account("entry_latency: {model: samples, file: l.csv}")
        let hash = try Self.resolve(text).hash
        let elsewhere = ScenarioLoader(strategies: Demo.strategies) { _ in Array(Self.csv.utf8) }
        #expect(try elsewhere.resolve(text.replacing("l.csv", with: "/other.csv"), file: Demo.file).hash == hash)
        #expect(try Self.resolve(text, csv: Self.csv.replacing("\n", with: "\r\n")).hash == hash)
        #expect(try Self.resolve(text, csv: Self.csv.replacing("140", with: "141")).hash != hash)
    }

    // MARK: Speed bumps and lanes

    @Test func `the tier of the account chooses its speed bumps`() throws {
        let standard = SpeedBumps(maker: .milliseconds(200), taker: .milliseconds(300), cancel: .milliseconds(200))
        #expect(try Self.connection("tier: standard").speedBumps == standard)
        let premium = Self.account("tier: 30k LIT").replacing("lighter-standard", with: "lighter-premium")
        #expect(try Self.resolve(premium).account("T")?.connection.speedBumps == SpeedBumps(taker: .milliseconds(170)))
        let usual = Demo.text.replacing("lighter-standard", with: "lighter-premium")
        #expect(try Self.resolve(usual).account("T")?.connection.speedBumps == SpeedBumps(taker: .milliseconds(200)))
        #expect(try Self.resolve(Demo.text).account("M")?.connection.speedBumps == nil)
    }

    @Test func `what a scenario states of speed bumps goes before the tier`() throws {
        #expect(
            try Self.connection("speed_bumps: {taker: 250 ms, takers: not-post-only}").speedBumps
                == SpeedBumps(takers: .notPostOnly, maker: .milliseconds(200), taker: .milliseconds(250), cancel: .milliseconds(200)))
        let generic = Demo.text.replacing("    key: near-main\n", with: "    key: near-main\n    speed_bumps: {maker: 1 ms}\n")
        let scenario = try Self.resolve(generic)
        #expect(scenario.account("M")?.connection.speedBumps == SpeedBumps(maker: .milliseconds(1)))
        #expect(scenario.canonicalText.contains("accounts.M.speed_bumps = maker 1 ms, taker 0 ms (would-take), cancel 0 ms\n"))
    }

    @Test func `lanes and compute time are stated`() throws {
        let scenario = try Self.resolve(
            Self.account("separate_lanes: true").replacing(
                "  symbol: BTC\n  accounts:", with: "  symbol: BTC\n  compute_time: 2 ms\n  accounts:"))
        #expect(scenario.account("T")?.connection.separatesLanes == true)
        #expect(scenario.strategy.computeTime == .milliseconds(2))
        #expect(scenario.canonicalText.contains("accounts.T.separate_lanes = true\n"))
        #expect(scenario.canonicalText.contains("strategy.compute_time = 2 ms\n"))
        #expect(try Self.connection("separate_lanes: false").separatesLanes == false)
    }

    @Test func `an account may send batches as its venue takes them`() throws {
        let scenario = try Self.resolve(Self.account("batches: true"))
        let rule = VenueProfile.lighterStandard.batches?.value
        #expect(rule != nil && scenario.account("T")?.connection.batches == rule)
        #expect(scenario.canonicalText.contains("accounts.T.batches = true\n"))
        let generic = Demo.text.replacing("    key: near-main\n", with: "    key: near-main\n    batches: true\n")
        #expect(
            Self.complaints(generic)
                == ["accounts.M.batches: the profile 'generic' does not know what its venue takes as one request (leave it out)"])
    }

    // MARK: What is wrong

    @Test(arguments: [
        (
            "entry_latency: {median: 8 ms}",
            "entry_latency: it has no model (write a duration, or {model: normal | lognormal | quantiles | samples, …})"
        ),
        (
            "entry_latency: {submit: 8 ms, cancl: 8 ms}",
            "entry_latency.cancl: there is no such key (did you mean 'cancel'?)"
        ),
        (
            "response_latency: {submit: 8 ms}",
            "response_latency: it has no model (write a duration, or {model: normal | lognormal | quantiles | samples, …})"
        ),
        (
            "response_latency: {model: lognoral}",
            "response_latency.model: 'lognoral' is not one of normal, lognormal, quantiles, samples (did you mean 'lognormal'?)"
        ),
        (
            "response_latency: {model: lognormal, median: 8 ms}",
            "response_latency.sigma: it is missing (The standard deviation of the logarithm, such as \"0.4\".)"
        ),
        (
            "response_latency: {model: lognormal, median: 8, sigma: 0.4}",
            "response_latency.median: '8' has no unit (write \"8 ms\", with ms, s, min, h or d)"
        ),
        (
            "response_latency: {model: lognormal, median: 8 ms, sigma: 0}",
            "response_latency.sigma: '0' is out of range (allowed: 0.000000000001 to 5)"
        ),
        (
            "response_latency: {model: lognormal, median: 8 ms, sigma: 0.4, max: 2 ms}",
            "response_latency.median: '8 ms' is outside of min and max (0 ns to 2 ms is stated)"
        ),
        (
            "response_latency: {model: normal, mean: 8 ms, deviation: -1 ms}",
            "response_latency.deviation: '-1 ms' is out of range (allowed: 0 ns to 1 h)"
        ),
        (
            "response_latency: {model: normal, mean: 8 ms, deviation: 1 ms, sigma: 1}",
            "response_latency.sigma: there is no such key (known keys: model, mean, deviation, min, max, correlation, decay)"
        ),
        (
            "response_latency: {model: normal, mean: 8 ms, deviation: 1 ms, correlation: 0.5}",
            "response_latency.correlation: how long it lasts is not said (state decay too, such as \"50 ms\")"
        ),
        (
            "response_latency: {model: normal, mean: 8 ms, deviation: 1 ms, decay: 5 ms}",
            "response_latency.decay: there is no correlation that could decay (state that too, such as \"0.8\")"
        ),
        (
            "response_latency: {model: normal, mean: 8 ms, deviation: 1 ms, correlation: 1.5, decay: 5 ms}",
            "response_latency.correlation: '1.5' is out of range (allowed: 0 to 1)"
        ),
        (
            "response_latency: {model: quantiles, points: {\"0.5\": 8 ms}}",
            "response_latency.points: there must be two points at least (write {\"0.5\": \"8 ms\", \"0.99\": \"40 ms\"})"
        ),
        (
            "response_latency: {model: quantiles, points: {\"50 %\": 8 ms, \"1\": 9 ms}}",
            "response_latency.points.50 %: '50 %' is not a probability (write a number from 0 to 1, such as \"0.99\")"
        ),
        (
            "response_latency: {model: quantiles, points: {\"0.5\": 8 ms, \"0.50\": 9 ms}}",
            "response_latency.points.0.50: this probability stands twice"
        ),
        (
            "response_latency: {model: quantiles, points: {\"0.5\": 8 ms, \"0.9\": 7 ms}}",
            "response_latency.points: the latency at 0.9 is less than that at 0.5"
        ),
        (
            "entry_latency: {submit: 8 ms, cancel: {}}",
            "entry_latency.cancel: it has no model (write a duration, or {model: normal | lognormal | quantiles | samples, …})"
        ),
        ("entry_latency: {cancel: 8 ms}", "entry_latency.submit: it is missing (Of orders that may take, and of what is not stated.)"),
        ("tier: premium", "tier: 'premium' is not one of standard"),
        ("separate_lanes: yes", "separate_lanes: 'yes' is not true or false"),
        ("speed_bumps: {taker: 2 h}", "speed_bumps.taker: '2 h' is out of range (allowed: 0 ns to 1 h)"),
        ("speed_bumps: {tker: 2 ms}", "speed_bumps.tker: there is no such key (did you mean 'taker'?)"),
        ("speed_bumps: {takers: all}", "speed_bumps.takers: 'all' is not one of would-take, not-post-only"),
    ])
    func `what is wrong is said with its key`(keys: String, complaint: String) {
        #expect(Self.complaints(Self.account(keys)).first == "accounts.T." + complaint)
    }

    @Test func `a tier where there are none is refused`() {
        let text = Demo.text.replacing("    key: near-main\n", with: "    key: near-main\n    tier: gold\n")
        #expect(Self.complaints(text) == ["accounts.M.tier: the profile 'generic' has no tiers (leave it out, or state speed_bumps)"])
    }

    @Test(
        arguments: [
            (nil, "'folder/l.csv' can't be read (it is relative to the scenario's file)"),
            ("", "folder/l.csv:1: it does not begin with 'request_ns,venue_ns,response_ns' (write it first)"),
            ("request_ns,venue_ns,response_ns\n", "folder/l.csv:2: there are no rows"),
            ("request_ns,venue_ns,response_ns\n1,2\n", "folder/l.csv:2: it has 2 fields instead of 3"),
            (
                "request_ns,venue_ns,response_ns\n1,2,3\n4,5.5,6\n",
                "folder/l.csv:3: '5.5' is not a whole number (times are nanoseconds since 1970)"
            ),
            (
                "request_ns,venue_ns,response_ns\n4,5,6\n4,7,8\n",
                "folder/l.csv:3: the request is not after the one before (sort the rows by request_ns)"
            ),
            ("request_ns,venue_ns,response_ns\n4,7,8\n5,6,9\n", "folder/l.csv:3: the venue time is before that of an earlier request"),
            (
                "request_ns,venue_ns,response_ns\n4,3,8\n",
                "folder/l.csv:2: its times do not follow each other (request, then venue, then response; a venue time of 0 is a refusal)"
            ),
            (
                "request_ns,venue_ns,response_ns\n4,0,8\n9,10,11\n",
                "folder/l.csv:2: the first and the last request must be ones that the venue took (they hold for all before and after)"
            ),
        ] as [(String?, String)])
    func `a wrong file of samples is shown with its line`(csv: String?, complaint: String) {
        let text = Self.account("entry_latency: {model: samples, file: l.csv}")
        #expect(Self.complaints(text, csv: csv) == ["accounts.T.entry_latency.file: " + complaint])
    }

    @Test func `no file of samples makes it trap`() {
        var random = SeededGenerator(seed: 20_240_808)
        let text = Self.account("entry_latency: {model: samples, file: l.csv}")
        for _ in 0..<500 {
            var bytes = Array(Self.csv.utf8)
            for _ in 0..<random.uniform(in: 1...4) {
                let at = Int(random.uniform(in: 0...Int64(bytes.count - 1)))
                bytes[at] = UInt8(random.uniform(in: 0...255))
            }
            let loader = ScenarioLoader(strategies: Demo.strategies) { _ in bytes }
            do { _ = try loader.resolve(text, file: Demo.file) } catch { #expect(error.issues.allSatisfy { !$0.message.isEmpty }) }
        }
    }
}
