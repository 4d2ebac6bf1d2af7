internal import ArgumentParser
internal import Foundation
internal import Market
internal import Research
internal import Simulation
internal import Tape

struct SynthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synth", abstract: "Generates a market of several venues around a common price, from a seed.",
        discussion: """
            Books, trades, marks and funding with lead and lag between the venues, calm and wild hours, jumps, droughts of
            liquidity, and forced orders where they are asked for: enough to try strategies on without a recording. It is not a
            market: what earns here need not earn there.

              mmsim synth --out Data/demo.tape --duration "2 h" --seed 42
              mmsim synth fit Data/recorded.tape --out like.json
              mmsim synth --like like.json --out Data/like.tape

            `mmsim help synth make` lists the options of the first and the last.
            """, subcommands: [Make.self, Fit.self], defaultSubcommand: Make.self)
}

extension SynthCommand {
    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make", abstract: "Generates a market; may be left out.")

        @Option(help: "The tape to make.")
        var out: String

        @Option(help: "Length, such as \"2 h\" or \"3 d\".")
        var duration = "2 h"

        @Option(help: "The same seed makes the same market.")
        var seed: UInt64 = 42

        @Option(help: "How many venues: 2 to 3; 2 unless --like says how many.")
        var venues: Int?

        @Option(help: "Settings that `mmsim synth fit` took from a recording.")
        var like: String?

        @Option(
            parsing: .unconditionalSingleValue,
            help: "A move of the price beside those that are drawn, such as \"+1.5 % at 30 min\"; may be given several times."
        )
        var jump: [String] = []

        @Option(
            parsing: .unconditionalSingleValue,
            help: "Forced orders that push the first venue alone by so much, such as \"-1.5 % at 30 min\"; may be given several times."
        )
        var cascade: [String] = []

        @Option(
            parsing: .unconditionalSingleValue,
            help: """
                What a venue's funding is, such as "backpack 3 bp every 10 min"; from a time on: "backpack -2 bp at 30 min"; may be \
                given several times, in order of time.
                """
        )
        var funding: [String] = []

        @Option(
            help: "Takers who see the fastest venue move and take stale quotes at the others, after such a time on average: \"20 ms\".")
        var informed: String?

        @Flag(help: "Adds the first venue's spot market.")
        var spot = false

        @Option(help: "How far the venues stray from the common price, in multiples of the usual: 0 to 20.")
        var stray: Int64 = 1

        @Flag(help: "Replaces the tape if it exists.")
        var replace = false

        @Flag(help: "Shows no progress.")
        var quiet = false

        func validate() throws {
            if let venues, !(2...3).contains(venues) { throw ValidationError("--venues takes 2 or 3") }
            if venues != nil, like != nil { throw ValidationError("--like says how many venues there are: leave --venues out") }
            guard (0...20).contains(stray) else { throw ValidationError("--stray takes 0 to 20") }
            for (option, texts) in [("jump", jump), ("cascade", cascade)] {
                for text in texts where Self.move(text) == nil {
                    throw ValidationError(
                        "--\(option) '\(text)' wants a share of at most 50 % and a time: \"+1.5 % at 30 min\", \"-2 % at 1 h\"")
                }
            }
            if spot, like != nil { throw ValidationError("--like says which markets there are: leave --spot out") }
            for text in funding where FundingStatement(text) == nil {
                throw ValidationError(
                    "--funding '\(text)' wants a venue, a rate of at most 10 %, and maybe an interval and a time: "
                        + "\"backpack 3 bp every 10 min\", \"lighter -0.5 bp at 1 h\"")
            }
            if let informed, Self.span(informed) == nil {
                throw ValidationError("--informed '\(informed)' wants a number and a unit: \"20 ms\"")
            }
            guard Self.span(duration) != nil else {
                throw ValidationError("--duration '\(duration)' wants a number and a unit: \"90 min\", \"2 h\", \"3 d\"")
            }
        }

        static func span(_ text: String) -> Nanoseconds? {
            let parts = text.split(separator: " ")
            let second: Int64 = 1_000_000_000
            let units: [Substring: Int64] = [
                "ms": second / 1_000, "s": second, "min": 60 * second, "h": 3_600 * second, "d": 86_400 * second,
            ]
            guard parts.count == 2, let count = Int64(parts[0]), count > 0, let unit = units[parts[1]],
                count <= 36_500 * 86_400 * second / unit
            else {
                return nil
            }
            return Nanoseconds(count: count * unit)
        }

        private static func move(_ text: String) -> (after: Nanoseconds, share: Rate)? {
            let parts = text.split(separator: " at ")
            guard parts.count == 2, let after = span(String(parts[1])), parts[0].hasSuffix("%") else { return nil }
            let number = parts[0].dropLast().filter { $0 != " " && $0 != "+" }
            guard let share = try? Decimal.parse(number, decimals: 10), abs(share) <= Rate.scale / 2 else { return nil }
            return (after, Rate(trillionths: share))
        }

        private func market(_ span: Nanoseconds) throws -> GeneratedMarket {
            guard let like else { return .standard(venues: venues ?? 2, spot: spot, duration: span) }
            guard let text = try? String(contentsOfFile: like, encoding: .utf8) else {
                throw Failure("'\(like)' can't be read", hint: "make it with `mmsim synth fit`", code: Failure.data)
            }
            do throws(ResearchError) {
                guard let market = try FittedMarket(json: text, path: like).market(duration: span) else {
                    throw .parameters(path: like, reason: "a number in it is out of range")
                }
                return market
            } catch { throw Failure(error.message, hint: error.hint, code: error.exitCode) }
        }

        func run() throws {
            guard let span = Self.span(duration) else { return }
            var configuration = try market(span)
            for text in funding {
                guard let statement = FundingStatement(text) else { continue }
                let names = configuration.instruments.map(\.venue)
                guard names.contains(statement.venue) else {
                    throw Failure(
                        "--funding '\(text)': there is no such venue", hint: "the market has \(names.joined(separator: ", "))",
                        code: Failure.usage)
                }
                statement.apply(to: &configuration)
            }
            let progress = ProgressLine(isQuiet: quiet)
            do throws(TapeError) {
                configuration.jumps = jump.compactMap(Self.move).map { .init(after: $0.after, share: $0.share) }
                configuration.cascades = cascade.compactMap(Self.move).map { .init(after: $0.after, share: $0.share) }
                configuration.stray = stray
                configuration.informed = informed.flatMap(Self.span).map { .init(reaction: $0) }
                let writer = try TapeWriter(creating: out, replacing: replace)
                for instrument in configuration.instruments {
                    _ = try writer.addFeed(FeedDescription(instrument: instrument, source: "synth seed \(seed)"))
                }
                var generator = MarketGenerator(configuration, seed: seed)
                var frames = ContiguousArray<MarketEvent>()
                var count = 0
                while generator.next(into: &frames) {
                    for event in frames { try writer.append(event) }
                    count += frames.count
                    progress.update(Double((generator.time - configuration.start).count) / Double(span.count)) { _ in "\(count) records" }
                }
                try writer.close()
                progress.finish()
                if !quiet {
                    let names = configuration.instruments.map { $0.kind == .spot ? "\($0.venue) (spot)" : $0.venue }
                    Terminal.out("wrote \(out): \(count) records of \(names.joined(separator: ", "))")
                }
            } catch {
                progress.finish()
                throw Failure(error)
            }
        }
    }
}

/// `VENUE RATE [every SPAN] [at SPAN]`.
private struct FundingStatement {
    let venue: String
    private let rate: Rate
    private let interval: Nanoseconds?
    private let after: Nanoseconds

    init?(_ text: String) {
        var words = text.split(separator: " ").map(String.init)[...]
        guard words.count >= 3, let name = words.popFirst(), let number = words.popFirst(), let unit = words.popFirst(),
            let decimals = ["bp": 8, "%": 10][unit], let share = try? Decimal.parse(number, decimals: decimals),
            abs(share) <= Rate.scale / 10
        else { return nil }
        var spans: [String: Nanoseconds] = [:]
        while let word = words.popFirst() {
            guard word == "every" || word == "at", spans[word] == nil,
                let span = SynthCommand.Make.span(words.prefix(2).joined(separator: " "))
            else { return nil }
            spans[word] = span
            words = words.dropFirst(2)
        }
        (venue, rate, interval, after) = (name, Rate(trillionths: share), spans["every"], spans["at"] ?? .zero)
    }

    func apply(to market: inout GeneratedMarket) {
        for index in market.venues.indices where market.venues[index].instrument.venue == venue {
            guard market.venues[index].instrument.kind != .spot else { continue }
            if let interval { market.venues[index].instrument.fundingInterval = interval }
            market.venues[index].fundingSteps.append(.init(after: after, rate: rate))
        }
    }
}
