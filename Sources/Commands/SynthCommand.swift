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
            Books, trades, marks and funding with lead and lag between the venues, calm and wild hours, jumps and droughts of
            liquidity: enough to try strategies on without a recording. It is not a market: what earns here need not earn there.

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

        @Option(help: "How far the venues stray from the common price, in multiples of the usual: 1 to 20.")
        var stray: Int64 = 1

        @Flag(help: "Replaces the tape if it exists.")
        var replace = false

        @Flag(help: "Shows no progress.")
        var quiet = false

        func validate() throws {
            if let venues, !(2...3).contains(venues) { throw ValidationError("--venues takes 2 or 3") }
            if venues != nil, like != nil { throw ValidationError("--like says how many venues there are: leave --venues out") }
            guard (1...20).contains(stray) else { throw ValidationError("--stray takes 1 to 20") }
            for text in jump where Self.jump(text) == nil {
                throw ValidationError("--jump '\(text)' wants a share of at most 50 % and a time: \"+1.5 % at 30 min\", \"-2 % at 1 h\"")
            }
            guard Self.span(duration) != nil else {
                throw ValidationError("--duration '\(duration)' wants a number and a unit: \"90 min\", \"2 h\", \"3 d\"")
            }
        }

        private static func span(_ text: String) -> Nanoseconds? {
            let parts = text.split(separator: " ")
            let units: [Substring: Int64] = ["s": 1, "min": 60, "h": 3_600, "d": 86_400]
            guard parts.count == 2, let count = Int64(parts[0]), count > 0, let unit = units[parts[1]], count <= 36_500 * 86_400 / unit
            else {
                return nil
            }
            return .seconds(count * unit)
        }

        private static func jump(_ text: String) -> GeneratedMarket.Jump? {
            let parts = text.split(separator: " at ")
            guard parts.count == 2, let after = span(String(parts[1])), parts[0].hasSuffix("%") else { return nil }
            let number = parts[0].dropLast().filter { $0 != " " && $0 != "+" }
            guard let share = try? Decimal.parse(number, decimals: 10), abs(share) <= Rate.scale / 2 else { return nil }
            return GeneratedMarket.Jump(after: after, share: Rate(trillionths: share))
        }

        private func market(_ span: Nanoseconds) throws -> GeneratedMarket {
            guard let like else { return .standard(venues: venues ?? 2, duration: span) }
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
            let progress = ProgressLine(isQuiet: quiet)
            do throws(TapeError) {
                configuration.jumps = jump.compactMap(Self.jump)
                configuration.stray = stray
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
                    Terminal.out("wrote \(out): \(count) records of \(configuration.instruments.map(\.venue).joined(separator: ", "))")
                }
            } catch {
                progress.finish()
                throw Failure(error)
            }
        }
    }
}
