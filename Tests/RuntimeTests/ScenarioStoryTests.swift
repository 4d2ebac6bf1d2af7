import Foundation
import Market
import Metrics
import Scenario
import Simulation
import Strategies
import Testing
import Trading

@testable import Runtime

/// The scenarios that come with the strategies, each on the market that its first lines tell how to make.
@Suite struct ScenarioStoryTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Scenarios").standardized.path

    /// What a run wrote down: its lines and the positions as they changed.
    private final class Story: RunOutput {
        var lines: [(text: String, time: Timestamp)] = []
        var fills: [(account: String, purpose: OrderPurpose?, time: Timestamp)] = []
        func fill(
            _ fill: Fill, of strategy: String?, purpose: OrderPurpose?, account: String, instrument: Instrument, venueTime: Timestamp,
            isLate: Bool
        ) throws(RunError) { fills.append((account, purpose, venueTime)) }
        func note(_ text: String, at time: Timestamp) throws(RunError) { lines.append((text, time)) }
    }

    private static let jump = " --jump \"-3 % at 9 min\""

    /// Runs a scenario of the folder on a market made for the test.
    ///
    /// - Parameter synth: What the file tells to give to `mmsim synth` beside duration and seed.
    private static func run(_ name: String, _ market: GeneratedMarket, seed: UInt64, synth: String) throws -> (Backtest.Outcome, Story) {
        let bench = try Workbench()
        let file = "\(folder)/\(name).yaml"
        var text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("--duration \"\(market.duration.count / 60_000_000_000) min\" --seed \(seed)\(synth)\n"), "\(name)")
        let tapes = try bench.synth(market, seed: seed).map { "\"\($0)\"" }.joined(separator: ", ")
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("tapes:") })
        text = text.replacingOccurrences(of: line, with: "tapes: [\(tapes)]")
        let scenario = try ScenarioLoader(strategies: StrategyRegistry.builtIn.specifications).resolve(text, file: file)
        let story = Story()
        return (try Backtest(scenario, registry: .builtIn).run(output: story), story)
    }

    private static func market(minutes: Int64, _ change: (inout GeneratedMarket) -> Void = { _ in }) -> GeneratedMarket {
        var market = GeneratedMarket.standard(venues: 2, duration: .minutes(minutes))
        change(&market)
        return market
    }

    @Test func `a jump takes T1, and everything else is closed within two seconds of our hearing of it`() throws {
        let market = Self.market(minutes: 15) { $0.jumps = [.init(after: .minutes(9), share: Rate(basisPoints: -300))] }
        let (outcome, story) = try Self.run("liquidation_hedge", market, seed: 11, synth: Self.jump)
        #expect(outcome.result.attribution.residual == .zero && outcome.result.positions == [])
        #expect(outcome.result.fillCount >= 20)
        let closed = try #require(story.lines.first { $0.text.hasPrefix("T1: closed by force") })
        #expect(closed.time >= market.start + .minutes(9) && closed.time < market.start + .minutes(9) + .seconds(5))
        let heard = try #require(story.lines.first { $0.text.contains("closing everything: T1 was closed by force") }).time
        let end = try #require(story.lines.first { $0.text.contains("ended: T1 was closed by force") }).time
        #expect(end - heard <= .seconds(2), "\(end - heard)")
        let last = try #require(story.fills.last { $0.purpose == .flatten && $0.account == "T2" }).time
        #expect(last > heard && last - heard <= .seconds(2))
        for account in ["M", "T1", "T2"] {
            let line = story.lines.first { $0.time == end && $0.text.contains(", \(account): collateral") }?.text ?? ""
            #expect(line.contains("net ") && line.contains("with a loss of") == (account == "T1"), "\(account): \(line)")
        }
        // The cycle before ended by its time.
        #expect(story.lines.count { $0.text.contains("ended: the cycle's time is over") } == 1)
        #expect(outcome.result.attribution.penalties <= .zero && outcome.result.attribution.adjustments >= .zero)
    }

    @Test func `without the jump nobody is closed by force`() throws {
        let (outcome, story) = try Self.run("liquidation_hedge", Self.market(minutes: 15), seed: 11, synth: Self.jump)
        #expect(!story.lines.contains { $0.text.contains("closed by force") } && outcome.result.attribution.residual == .zero)
    }

    @Test func `venues that stray are bought and sold until they agree`() throws {
        let market = Self.market(minutes: 20) { $0.stray = 12 }
        let (outcome, story) = try Self.run("cross_arb", market, seed: 5, synth: " --stray 12")
        #expect(outcome.result.fillCount >= 20 && outcome.result.roundTrips.count >= 1)
        #expect(outcome.result.attribution.residual == .zero)
        #expect(story.lines.contains { $0.text.contains("the spread has contracted") })
    }

    @Test func `a market maker quotes, leans, and hedges what is too much`() throws {
        let (outcome, story) = try Self.run("market_maker", Self.market(minutes: 20), seed: 42, synth: "")
        #expect(outcome.result.fillCount >= 20 && outcome.result.roundTrips.count >= 1)
        #expect(outcome.result.attribution.residual == .zero)
        #expect(story.fills.contains { $0.purpose == .hedge && $0.account == "T" })
        #expect(story.fills.allSatisfy { ($0.purpose == .quote) == ($0.account == "M") })
    }

    @Test func `two strategies share accounts, and each is told apart`() throws {
        let (outcome, story) = try Self.run("two_strategies", Self.market(minutes: 20), seed: 42, synth: "")
        let result = outcome.result
        #expect(result.instances.map(\.name) == ["quotes", "spread"] && result.instances.allSatisfy { $0.fills >= 5 })
        #expect(result.attribution.residual == .zero)
        #expect(result.instances.reduce(.zero) { $0 + $1.net } == result.attribution.netProfit - result.attribution.currency)
        #expect(story.fills.contains { $0.purpose == .hedge && $0.account == "T" })
    }

    @Test func `a simple hedge enters, holds, leaves and does it again`() throws {
        let (outcome, story) = try Self.run("simple_hedge", Self.market(minutes: 20), seed: 42, synth: "")
        #expect(outcome.result.fillCount >= 20 && outcome.result.roundTrips.count >= 2)
        #expect(outcome.result.attribution.residual == .zero)
        #expect(story.lines.contains { $0.text.hasPrefix("cycle 2: leaving") })
    }

    @Test func `a difference of funding is collected at settlements until it goes, then the other way around`() throws {
        let market = Self.market(minutes: 50) { market in
            (market.venues[0].instrument.fundingInterval, market.venues[1].instrument.fundingInterval) = (.minutes(10), .minutes(5))
            func step(_ minutes: Int64, _ basisPoints: Int64) -> GeneratedMarket.FundingStep {
                .init(after: .minutes(minutes), rate: Rate(basisPoints: basisPoints))
            }
            market.venues[0].fundingSteps = [step(0, 4), step(22, -2)]
            market.venues[1].fundingSteps = [step(0, -1), step(26, 3), step(46, -2)]
        }
        let statements = [
            "backpack 4 bp every 10 min", "lighter -1 bp every 5 min", "backpack -2 bp at 22 min", "lighter 3 bp at 26 min",
            "lighter -2 bp at 46 min",
        ]
        let (outcome, story) = try Self.run("funding_arb", market, seed: 8, synth: statements.map { " --funding \"\($0)\"" }.joined())
        #expect(outcome.result.fillCount >= 20 && outcome.result.attribution.residual == .zero)
        let first = try #require(story.lines.first { $0.text.hasPrefix("cycle 1 ended: the difference has gone") })
        #expect(first.text.contains("funding") && !first.text.contains("no funding"))
        #expect(story.lines.contains { $0.text.hasPrefix("cycle 2: sells the taker leg") })
        #expect(story.lines.contains { $0.text.hasPrefix("cycle 2 ended: the difference has gone") })
        #expect(outcome.result.attribution.funding > .zero)
    }

    @Test func `a perpetual's premium over spot is sold, and bought back when it has gone`() throws {
        var market = GeneratedMarket.standard(venues: 2, spot: true, duration: .minutes(20))
        market.stray = 16
        let (outcome, story) = try Self.run("basis", market, seed: 6, synth: " --stray 16 --spot")
        #expect(outcome.result.fillCount >= 20 && outcome.result.roundTrips.count >= 1)
        #expect(outcome.result.attribution.residual == .zero)
        #expect(story.lines.contains { $0.text.contains("the premium has gone") })
    }

    @Test func `forced orders fill the ladder, which is hedged and left when the price is back`() throws {
        let moves: [(minutes: Int64, share: Int64, text: String)] = [(4, -150, "-1.5"), (9, 120, "+1.2"), (14, -200, "-2")]
        let market = Self.market(minutes: 20) {
            $0.cascades = moves.map { .init(after: .minutes($0.minutes), share: Rate(basisPoints: $0.share)) }
        }
        let synth = moves.map { " --cascade \"\($0.text) % at \($0.minutes) min\"" }.joined()
        let (outcome, story) = try Self.run("liquidation_flow", market, seed: 9, synth: synth)
        #expect(outcome.result.fillCount >= 20 && outcome.result.roundTrips.count >= 1 && outcome.result.positions == [])
        #expect(outcome.result.attribution.residual == .zero)
        #expect(story.lines.count { $0.text.hasSuffix("ended: the price is back") } >= 3)
        #expect(story.fills.contains { $0.purpose == .quote && $0.account == "M" })
        #expect(story.fills.contains { $0.purpose == .hedge && $0.account == "T" })
    }

    @Test func `an account at a simulated venue passes its checks`() throws {
        let (outcome, story) = try Self.run("diagnostics", Self.market(minutes: 20), seed: 42, synth: "")
        #expect(outcome.checks.count == 16 && outcome.checks.allSatisfy(\.passes), "\(outcome.checks)")
        #expect(story.lines.count { $0.text.hasPrefix("pass    ") } == 16)
        #expect(outcome.result.fillCount >= 2 && outcome.result.positions == [])
    }
}
