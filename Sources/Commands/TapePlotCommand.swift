internal import ArgumentParser
internal import Market
internal import Report
internal import Tape

extension TapeCommand {
    struct Plot: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "plot", abstract: "Draws a tape: prices, spread, depth, rates, latency and gaps of each feed, as one page.",
            discussion: """
                  mmsim tape plot day.tape --feed BTCUSDT --from 2024-08-08T23:55 --out day.html

                The page opens without a network. Each line keeps its extremes in at most 1,200 points, however long the tape is.
                """)

        @Argument(help: "A tape.")
        var tape: String

        @Option(help: "The page to write.")
        var out: String

        @Option(
            name: .customLong("feed"), help: "A feed or symbol to show; may be repeated. Without it the eight with most records are shown.")
        var feeds: [String] = []

        @Option(help: "The first instant, such as 2024-08-08T23:55:00Z; without a zone it is UTC.")
        var from: String?

        @Option(help: "The last instant.")
        var to: String?

        @Flag(help: "Replaces the page if it exists.")
        var replace = false

        @Flag(help: "Shows no progress.")
        var quiet = false

        func validate() throws {
            let options = try options()
            if options.from >= options.to { throw ValidationError("--from is not before --to") }
        }

        private func options() throws -> TapePlot.Options {
            TapePlot.Options(
                feeds: feeds, from: try TapeCommand.time(from, "--from") ?? .distantPast, to: try TapeCommand.time(to, "--to") ?? .never)
        }

        func run() throws {
            let options = try options()
            let progress = ProgressLine(isQuiet: quiet)
            let plot: TapePlot
            do throws(TapeError) {
                plot = try TapePlot(Tape(opening: tape), options) { share in progress.update(share) { _ in "read" } }
                progress.finish()
            } catch {
                progress.finish()
                throw Failure(error)
            }
            do throws(ReportError) { try plot.write(to: out, replacing: replace) } catch { throw Failure(error) }
            if !plot.leftOut.isEmpty {
                Terminal.error("note: not shown: \(plot.leftOut.joined(separator: ", ")); name them with --feed")
            }
            Terminal.out("wrote \(out)")
        }
    }
}
