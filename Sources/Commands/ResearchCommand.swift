internal import ArgumentParser
internal import Market
internal import Report
internal import Research
internal import Scenario

struct ResearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "research", abstract: "Studies of what the models are worth.", subcommands: [Queue.self])

    struct Queue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compares each queue model with exact queue positions on a tape of single orders.",
            discussion: """
                Places hypothetical orders where recorded ones stood, follows each by its exact place in the queue and by every model
                that sees levels and trades alone, and prints fill probability and time to fill by distance from the touch, as
                Markdown.
                """)

        @Argument(help: "A tape with a feed that tells its orders one by one.")
        var tape: String

        @Option(help: "The feed, where the tape has several of the kind.")
        var feed: String?

        @Option(help: "Hidden at the start and after each gap.")
        var skip = "10 min"

        @Option(help: "An order that has not filled by then counts as unfilled.")
        var horizon = "10 min"

        @Option(help: "Length of the bootstrap's blocks.")
        var block = "10 min"

        @Option(help: "Follows one recorded order in so many.")
        var every = 1

        @Option(help: "Resamples of the bootstrap.")
        var resamples = 2_000

        @Option(help: "The same seed gives the same intervals.")
        var seed: UInt64 = 1

        @Option(help: "Also writes all figures to a table of comma-separated values.")
        var csv: String?

        @Flag(help: "Shows no progress.")
        var quiet = false

        func validate() throws {
            guard every > 0 else { throw ValidationError("--every takes 1 or more") }
            guard (100...10_000).contains(resamples) else { throw ValidationError("--resamples takes 100 to 10000") }
            _ = try settings()
        }

        private func settings() throws -> QueueStudy.Settings {
            var settings = QueueStudy.Settings()
            settings.skip = try Self.span("skip", skip, from: .zero)
            settings.horizon = try Self.span("horizon", horizon, from: .milliseconds(1))
            settings.block = try Self.span("block", block, from: .seconds(1))
            (settings.every, settings.resamples, settings.seed) = (every, resamples, seed)
            return settings
        }

        private static func span(_ option: String, _ text: String, from least: Nanoseconds) throws -> Nanoseconds {
            let span: Nanoseconds
            do throws(SpanTextError) { span = try Nanoseconds(spanText: text) } catch {
                throw ValidationError("--\(option): \(error.message)\(error.hint.map { ": \($0)" } ?? "")")
            }
            guard span >= least, span <= .hours(24) else { throw ValidationError("--\(option) '\(text)' is out of range") }
            return span
        }

        func run() throws {
            let settings = try settings()
            let progress = ProgressLine(isQuiet: quiet)
            Interruption.watch()
            let report: QueueReport
            do throws(ResearchError) {
                report = try QueueResearch(path: tape, feed: feed).run(settings) { share, records in
                    progress.update(share) { _ in "\(records) records" }
                    return !Interruption.wasRequested
                }
            } catch {
                progress.finish()
                throw Failure(error.message, hint: error.hint, code: error.exitCode)
            }
            progress.finish()
            if Interruption.wasRequested { throw ExitCode(Failure.interrupted) }
            if let csv { try Self.write(report, to: csv) }
            Terminal.write(report.markdown, to: 1)
        }

        private static func write(_ report: QueueReport, to path: String) throws {
            do throws(ReportError) {
                let table = try CSVTable(creating: path, header: QueueReport.columns)
                for row in report.rows { try table.append(row) }
                try table.finish()
            } catch {
                throw Failure(error)
            }
        }
    }
}
