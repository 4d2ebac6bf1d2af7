internal import ArgumentParser
internal import Foundation
internal import Market
internal import Research
internal import Scenario

extension SynthCommand {
    struct Fit: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes from a recording how its market behaves, for markets made up like it.",
            discussion: """
                  mmsim synth fit Data/recorded.tape --out like.json
                  mmsim synth --like like.json --out Data/like.tape --duration "8 h"

                Measures rates by hour, spread, sizes of levels by distance, takers and how they cluster, volatility and its wild
                minutes, and how venues follow and stray from each other. Generates samples, measures them too, and corrects the
                settings until they agree as well as they can; the table tells how well.
                """)

        @Argument(help: "A tape.")
        var tape: String

        @Option(help: "The file for the settings.")
        var out: String

        @Option(
            name: .customLong("feed"),
            help: "A feed or symbol, at most three times. Without it: those of the symbol with most records.")
        var feeds: [String] = []

        @Option(help: "How much is generated in each round.")
        var sample = "10 min"

        @Option(help: "The seed of the samples.")
        var seed: UInt64 = 1

        @Flag(help: "Replaces the file if it exists.")
        var replace = false

        @Flag(help: "Shows no progress.")
        var quiet = false

        func validate() throws {
            guard feeds.count <= MarketFit.mostVenues else { throw ValidationError("--feed may be given \(MarketFit.mostVenues) times") }
            _ = try span()
        }

        private func span() throws -> Nanoseconds {
            do throws(SpanTextError) {
                let span = try Nanoseconds(spanText: sample)
                if span >= .seconds(20), span <= .hours(24) { return span }
            } catch {
                throw ValidationError("--sample: \(error.message)\(error.hint.map { ": \($0)" } ?? "")")
            }
            throw ValidationError("--sample takes 20 s to 24 h")
        }

        func run() throws {
            let span = try span()
            guard replace || !FileManager.default.fileExists(atPath: out) else {
                throw Failure("'\(out)' exists already", hint: "name another file, or replace it with --replace", code: Failure.usage)
            }
            let progress = ProgressLine(isQuiet: quiet)
            let fit: MarketFit
            do throws(ResearchError) {
                fit = try MarketFit(path: tape, feeds: feeds, sample: span, seed: seed) { share in
                    progress.update(share) { _ in "fitted" }
                }
                progress.finish()
            } catch {
                progress.finish()
                throw Failure(error.message, hint: error.hint, code: error.exitCode)
            }
            let name = tape.split(separator: "/").last.map(String.init) ?? tape
            do { try Data(fit.file(source: name).json.utf8).write(to: URL(filePath: out), options: .atomic) } catch {
                throw Failure("'\(out)' can't be written: \(error.localizedDescription)", code: Failure.runFailed)
            }
            Terminal.out(fit.text)
            Terminal.out("wrote \(out)")
        }
    }
}
