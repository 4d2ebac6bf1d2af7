internal import ArgumentParser
internal import Feeds
internal import Market
internal import Tape

struct TapeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tape", abstract: "Makes tapes from recordings and looks into them.",
        subcommands: [Import.self, Info.self, Check.self, SQL.self, Cut.self, Merge.self, Redecode.self, Export.self, Plot.self])

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turns recordings into a tape.",
            discussion: """
                Reads Tardis CSV (incremental_book_L2, trades, derivative_ticker, quotes), Binance collector lines, Lighter, Bybit and
                Backpack captures, Bitstamp order-by-order logs and one-second best quotes, plain or gzip; hftbacktest's .npz, whose
                name tells the instrument (VENUE_SYMBOL.npz). The format is told from the content. Parts of one feed may be given in
                any order; a folder stands for the recordings in it, - for standard input.

                An import that was interrupted goes on where it stopped when the same command is given again.
                """)

        @Argument(help: "Recordings, or folders of them.")
        var files: [String]

        @Option(help: "The tape to make.")
        var out: String

        @Flag(name: .customLong("no-frames"), help: "Leaves the raw frames out: smaller, but can't be decoded again by a better parser.")
        var noFrames = false

        @Option(
            name: .customLong("symbol"), parsing: .unconditionalSingleValue,
            help: "What a symbol means that no table knows, such as BTC=BTC/USDC, or BTC=BTC/USDC:spot; may be given several times.")
        var symbols: [String] = []

        @Flag(help: "Counts rows that can't be read instead of stopping at the first.")
        var skipBad = false

        @Flag(help: "Replaces the tape if it exists.")
        var replace = false

        @Flag(help: "Shows no progress.")
        var quiet = false

        func validate() throws { _ = try names() }

        private func names() throws -> [String: SymbolName] {
            var names: [String: SymbolName] = [:]
            for text in symbols {
                let parts = text.split(separator: "=").map(String.init)
                let meaning = parts.last?.split(separator: ":").map(String.init) ?? []
                let codes = meaning.first?.split(separator: "/").map(String.init) ?? []
                guard parts.count == 2, codes.count == 2, let base = Currency(codes[0]), let quote = Currency(codes[1]),
                    let kind = Instrument.Kind(rawValue: meaning.count == 2 ? meaning[1] : "linear"), meaning.count <= 2
                else {
                    throw ValidationError("--symbol '\(text)' wants SYMBOL=BASE/QUOTE, with :spot or :inverse if it is no linear contract")
                }
                names[parts[0]] = SymbolName(symbol: codes[0], base: base, quote: quote, kind: kind)
            }
            return names
        }

        func run() throws {
            let progress = ProgressLine(isQuiet: quiet)
            let importer = try Importer(
                inputs: files, output: out, options: .init(symbols: names(), keepFrames: !noFrames, skipBad: skipBad, replace: replace))
            let summary: ImportSummary
            Interruption.watch()
            do {
                summary = try importer.run(
                    progress: { step in
                        progress.update(step.bytesTotal > 0 ? Double(step.bytesDone) / Double(step.bytesTotal) : 0) { seconds in
                            let rate = Decimal.text(Int64(Double(step.bytesDone) / max(seconds, 0.001) / 100_000), decimals: 1)
                            return "\(step.bytesDone / 1_000_000) of \(step.bytesTotal / 1_000_000) MB, \(rate) MB/s"
                        }
                    }, isStopping: { Interruption.wasRequested })
            } catch {
                progress.finish()
                throw Failure(error)
            }
            progress.finish()
            for feed in summary.feeds {
                let counts = feed.messages.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
                Terminal.out(
                    "\(feed.instrument.venue) \(feed.instrument.venueSymbol): \(feed.records) records (\(counts)), \(feed.gaps) gaps")
            }
            for path in summary.leftOut { Terminal.error("note: '\(path)' is in no known format and was left out") }
            if summary.resumedChunks > 0 {
                Terminal.error("note: \(summary.resumedChunks) chunks were there from an import that was interrupted")
            }
            for reason in summary.unparsed { Terminal.out("not read: \(reason.count) × \(reason.name)") }
            if let first = summary.firstBadRow { Terminal.out("first of them: \(first.message)") }
            Terminal.out("wrote \(out)")
        }
    }

    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells what a tape holds: feeds, spans, counts, gaps, latency, clock, final books.")

        @Argument(help: "A tape.")
        var tape: String

        func run() throws {
            let info: TapeInfo
            let progress = ProgressLine(isQuiet: !Terminal.isInteractive)
            do throws(TapeError) {
                info = try TapeInfo(Tape(opening: tape)) { share in progress.update(share) { _ in "read" } }
                progress.finish()
            } catch {
                progress.finish()
                throw Failure(error)
            }
            Terminal.write(info.text, to: 1)
        }
    }
}
