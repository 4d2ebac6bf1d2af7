internal import ArgumentParser
internal import Feeds
internal import Market
internal import Report
internal import Scenario
internal import Tape

extension TapeCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Tells whether a tape is what was written and what of it to rely on.",
            discussion: """
                Reads the whole tape: checksums, counts and times of chunks, raw frames; order of times; update numbers, gaps, repeated
                and skipped trades; crossed or locked books and quotes; spans in which nothing came; best quotes and full books
                against the book rebuilt from changes.

                The verdict is sound, suspect (as it was recorded, with ranges that are not to be relied on) or broken, with exit
                code 3. With --mark a backtest trades on no book in those ranges and steps over damaged chunks.
                """)

        @Argument(help: "A tape.")
        var tape: String

        @Option(help: "Nothing of a book or of quotes for longer is stale.")
        var stale = "1 min"

        @Flag(help: "Writes the quarantined ranges into the tape, in place of those of an earlier check: a backtest leaves them out.")
        var mark = false

        @Flag(help: "Prints JSON with all ranges.")
        var json = false

        @Flag(help: "Shows no progress.")
        var quiet = false

        func validate() throws { _ = try options() }

        private func options() throws -> TapeCheck.Options {
            do throws(SpanTextError) {
                let span = try Nanoseconds(spanText: stale)
                if span > .zero { return TapeCheck.Options(staleAfter: span) }
            } catch {
                throw ValidationError("--stale: \(error.message)\(error.hint.map { ": \($0)" } ?? "")")
            }
            throw ValidationError("--stale '\(stale)' is out of range")
        }

        func run() throws {
            let progress = ProgressLine(isQuiet: quiet)
            let check = try result(progress)
            if mark { do throws(TapeError) { try Tape.mark(tape, check.quarantine) } catch { throw Failure(error) } }
            Terminal.write(json ? Self.json(check).pretty : check.text + "\n", to: 1)
            if check.verdict == .broken { throw ExitCode(Failure.data) }
        }

        private func result(_ progress: ProgressLine) throws -> TapeCheck {
            defer { progress.finish() }
            let options = try options()
            do throws(TapeError) {
                return try TapeCheck(Tape(opening: tape), options: options) { share in progress.update(share) { _ in "checked" } }
            } catch { throw Failure(error) }
        }

        private static func json(_ check: TapeCheck) -> JSONValue {
            .object([
                "tape": .string(check.path), "verdict": .string(check.verdict.rawValue),
                "file_faults": .array((check.fileFaults + check.privateFrameFaults).map(JSONValue.string)),
                "feeds": .array(check.feeds.map(json)),
            ])
        }

        private static func json(_ feed: FeedCheck) -> JSONValue {
            .object([
                "feed": .string(feed.name), "records": .integer(Int64(feed.records)),
                "quotes_compared": .integer(Int64(feed.quotesCompared)), "full_books_compared": .integer(Int64(feed.snapshotsCompared)),
                "quarantined_unlisted": .integer(Int64(feed.quarantinedUnlisted)),
                "findings": .array(
                    feed.findings.map { finding in
                        .object([
                            "fault": .string(finding.fault.rawValue), "severity": .string("\(finding.fault.severity)"),
                            "count": .integer(Int64(finding.count)), "note": .string(finding.note),
                            "first": finding.first.map { .integer($0.nanoseconds) } ?? .null,
                        ])
                    }),
                "quarantined": .array(
                    feed.quarantined.map { range in
                        .object([
                            "from": .integer(range.from.nanoseconds), "to": .integer(range.to.nanoseconds),
                            "fault": .string(range.fault.rawValue),
                        ])
                    }),
            ])
        }
    }
}
