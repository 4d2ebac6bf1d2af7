internal import ArgumentParser
internal import Market
internal import Simulation
internal import Tape

struct SynthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synth", abstract: "Generates a market of several venues around a common price, from a seed.",
        discussion: """
            Books, trades, marks and funding with lead and lag between the venues, calm and wild hours, jumps, droughts of
            liquidity, and forced orders where they are asked for: enough to try strategies on without a recording. It is not a
            market: what earns here need not earn there.
            """)

    @Option(help: "The tape to make.")
    var out: String

    @Option(help: "Length, such as \"2 h\" or \"3 d\".")
    var duration = "2 h"

    @Option(help: "The same seed makes the same market.")
    var seed: UInt64 = 42

    @Option(help: "How many venues: 2 to 3.")
    var venues = 2

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

    @Option(help: "How far the venues stray from the common price, in multiples of the usual: 1 to 20.")
    var stray: Int64 = 1

    @Flag(help: "Replaces the tape if it exists.")
    var replace = false

    @Flag(help: "Shows no progress.")
    var quiet = false

    func validate() throws {
        guard (2...3).contains(venues) else { throw ValidationError("--venues takes 2 or 3") }
        guard (1...20).contains(stray) else { throw ValidationError("--stray takes 1 to 20") }
        for (option, texts) in [("jump", jump), ("cascade", cascade)] {
            for text in texts where Self.move(text) == nil {
                throw ValidationError(
                    "--\(option) '\(text)' wants a share of at most 50 % and a time: \"+1.5 % at 30 min\", \"-2 % at 1 h\"")
            }
        }
        guard Self.span(duration) != nil else {
            throw ValidationError("--duration '\(duration)' wants a number and a unit: \"90 min\", \"2 h\", \"3 d\"")
        }
    }

    private static func span(_ text: String) -> Nanoseconds? {
        let parts = text.split(separator: " ")
        let units: [Substring: Int64] = ["s": 1, "min": 60, "h": 3_600, "d": 86_400]
        guard parts.count == 2, let count = Int64(parts[0]), count > 0, let unit = units[parts[1]], count <= 36_500 * 86_400 / unit else {
            return nil
        }
        return .seconds(count * unit)
    }

    private static func move(_ text: String) -> (after: Nanoseconds, share: Rate)? {
        let parts = text.split(separator: " at ")
        guard parts.count == 2, let after = span(String(parts[1])), parts[0].hasSuffix("%") else { return nil }
        let number = parts[0].dropLast().filter { $0 != " " && $0 != "+" }
        guard let share = try? Decimal.parse(number, decimals: 10), abs(share) <= Rate.scale / 2 else { return nil }
        return (after, Rate(trillionths: share))
    }

    func run() throws {
        guard let span = Self.span(duration) else { return }
        let progress = ProgressLine(isQuiet: quiet)
        do throws(TapeError) {
            var configuration = GeneratedMarket.standard(venues: venues, duration: span)
            configuration.jumps = jump.compactMap(Self.move).map { .init(after: $0.after, share: $0.share) }
            configuration.cascades = cascade.compactMap(Self.move).map { .init(after: $0.after, share: $0.share) }
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
