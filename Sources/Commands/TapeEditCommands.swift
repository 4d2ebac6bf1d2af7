internal import ArgumentParser
internal import Feeds
internal import Market
internal import Tape

extension TapeCommand {
    struct Cut: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a span of time or some feeds out of a tape into a new one.",
            discussion: """
                  mmsim tape cut day.tape --from 2024-08-08T23:55 --to 2024-08-09T00:00 --out five.tape

                The book that the span starts from stands before it as a full book; raw frames and notes of the span go along.
                """)

        @Argument(help: "A tape.")
        var tape: String

        @OptionGroup var output: Output

        @Option(help: "The first instant, such as 2024-08-08T23:55:00Z; without a zone it is UTC.")
        var from: String?

        @Option(help: "The first instant behind the span.")
        var to: String?

        @Option(name: .customLong("feed"), help: "A feed or symbol to take; may be repeated. Without it all are taken.")
        var feeds: [String] = []

        func validate() throws {
            let options = try options()
            if options.from >= options.to { throw ValidationError("--from is not before --to") }
        }

        private func options() throws -> TapeCut.Options {
            TapeCut.Options(
                from: try TapeCommand.time(from, "--from") ?? .distantPast, to: try TapeCommand.time(to, "--to") ?? .never, feeds: feeds,
                replace: output.replace)
        }

        func run() throws {
            let options = try options()
            try output.write("cut") { progress throws(FeedError) in
                try TapeCut(TapeCommand.open(tape), options, progress: progress).write(to: output.out)
            }
        }
    }

    struct Merge: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts tapes together into a new one.",
            discussion: "Feeds stand side by side; parts of one feed follow each other in order of time, with a gap between them.")

        @Argument(help: "Tapes.")
        var tapes: [String]

        @OptionGroup var output: Output

        func run() throws {
            try output.write("merged") { progress throws(FeedError) in
                var opened: [Tape] = []
                for tape in tapes { opened.append(try TapeCommand.open(tape)) }
                return try TapeMerge(opened, replace: output.replace, progress: progress).write(to: output.out)
            }
        }
    }

    struct Redecode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decodes the raw frames of a tape again, with today's parsers, into a new one; the old one stays.")

        @Argument(help: "A tape with raw frames.")
        var tape: String

        @OptionGroup var output: Output

        func run() throws {
            try output.write("decoded") { progress throws(FeedError) in
                let outcomes = try Redecoder(TapeCommand.open(tape), replace: output.replace, progress: progress).write(to: output.out)
                for outcome in outcomes where outcome.records != outcome.before || outcome.unparsed > 0 {
                    Terminal.error(
                        "note: \(outcome.feed): \(outcome.before) records became \(outcome.records), \(outcome.unparsed) frames not read")
                }
                return outcomes.map { ($0.feed, $0.records) }
            }
        }
    }

    /// Where a new tape goes, and what is said meanwhile.
    struct Output: ParsableArguments {
        @Option(help: "The tape to make.")
        var out: String

        @Flag(help: "Replaces the tape if it exists.")
        var replace = false

        @Flag(help: "Shows no progress.")
        var quiet = false

        func write(
            _ verb: String, _ work: (@escaping (Double) -> Void) throws(FeedError) -> [(feed: String, records: Int64)]
        ) throws {
            let line = ProgressLine(isQuiet: quiet)
            do throws(FeedError) {
                let feeds = try work { share in line.update(share) { _ in verb } }
                line.finish()
                for feed in feeds { Terminal.out("\(feed.feed): \(feed.records) records") }
                Terminal.out("wrote \(out)")
            } catch {
                line.finish()
                throw Failure(error)
            }
        }
    }

    static func open(_ path: String) throws(FeedError) -> Tape {
        do throws(TapeError) { return try Tape(opening: path) } catch { throw .tape(error) }
    }

    static func time(_ text: String?, _ option: String) throws -> Timestamp? {
        guard let text else { return nil }
        guard let time = Timestamp(iso8601: text) else {
            throw ValidationError("\(option) '\(text)' is no time such as 2024-08-08T23:55:00Z")
        }
        return time
    }
}
