internal import ArgumentParser
internal import Feeds

extension TapeCommand.Export.Form: EnumerableFlag {
    static func help(for value: Self) -> ArgumentHelp? {
        switch value {
        case .tardis: "Tardis CSV: incremental_book_L2, trades, quotes, derivative_ticker."
        case .csv: "One table a feed with all records."
        case .npz: "hftbacktest's .npz, VENUE_SYMBOL.npz a feed."
        }
    }
}

extension TapeCommand {
    struct Export: ParsableCommand {
        enum Form: String { case tardis, csv, npz }

        static let configuration = CommandConfiguration(
            abstract: "Writes the records of a tape as files for other programs.",
            discussion: """
                  mmsim tape export Data/demo.tape --npz --out Data/npz

                What a format has no place for is counted and told. Tardis CSV and .npz with --raw-times become the same records when they
                are imported again; for backtests with hftbacktest times are corrected as ours are: the smallest latency is 1 ms and no
                time goes back.
                """)

        @Argument(help: "A tape.")
        var tape: String

        @Option(help: "The folder for the files; made if it is not there.")
        var out: String

        @Flag(help: "What to write.")
        var form: Form

        @Option(name: .customLong("feed"), help: "A feed or symbol to write; may be repeated. Without it all are written.")
        var feeds: [String] = []

        @Flag(help: "Leaves the times of .npz as they were recorded.")
        var rawTimes = false

        @Flag(help: "Replaces files that exist.")
        var replace = false

        @Flag(help: "Shows no progress.")
        var quiet = false

        func validate() throws { if rawTimes, form != .npz { throw ValidationError("--raw-times is for --npz") } }

        func run() throws {
            let format: TapeExport.Format =
                switch form {
                case .tardis: .tardis
                case .csv: .csv
                case .npz: .npz
                }
            let line = ProgressLine(isQuiet: quiet)
            do throws(FeedError) {
                let options = TapeExport.Options(format: format, feeds: feeds, rawTimes: rawTimes, replace: replace)
                let summary = try TapeExport(TapeCommand.open(tape), options) { share in line.update(share) { _ in "written" } }
                    .write(to: out)
                line.finish()
                for file in summary.files { Terminal.out("\(file.path): \(file.rows) rows") }
                for count in summary.leftOut { Terminal.error("note: \(count.count) × \(count.name)") }
            } catch {
                line.finish()
                throw Failure(error)
            }
        }
    }
}
