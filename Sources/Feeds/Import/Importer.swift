/// Imports recordings of one or several instruments into one tape.
///
/// Files are told apart by content and put in order by time. Consecutive parts of a feed are joined; files of one venue that
/// hold different streams of the same time are merged. Folders stand for the recordings in them, `-` for standard input.
///
/// Nothing is left of the output when an import fails. One that was killed or asked to stop leaves a draft, with which the next import of
/// the same inputs goes on: rows are decoded again, but what they became is there.
public struct Importer {
    public struct Options: Sendable {
        /// What symbols mean that no table knows, by the venue's symbol.
        public var symbols: [String: SymbolName] = [:]
        /// Keeps every message as received.
        public var keepFrames = false
        /// Counts rows that can't be read instead of stopping at the first.
        public var skipBad = false

        /// Replaces an output that exists.
        public var replace = false

        /// A text that differs where the same files become another tape.
        var identity: String {
            let names = symbols.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return "frames \(keepFrames), skip \(skipBad), \(names.joined(separator: " "))"
        }

        public init(symbols: [String: SymbolName] = [:], keepFrames: Bool = false, skipBad: Bool = false, replace: Bool = false) {
            self.symbols = symbols
            self.keepFrames = keepFrames
            self.skipBad = skipBad
            self.replace = replace
        }
    }

    /// How far an import is, in bytes of the files as stored.
    public struct Progress: Sendable, Hashable {
        public var bytesDone: Int
        public var bytesTotal: Int
    }

    let inputs: [String]
    let output: String
    let options: Options

    public init(inputs: [String], output: String, options: Options = Options()) {
        self.inputs = inputs
        self.output = output
        self.options = options
    }

    /// Imports.
    ///
    /// - Parameters:
    ///   - progress: Called now and then, and once at the end.
    ///   - isStopping: Whether to end early, with `FeedError.interrupted`.
    /// - Throws: `FeedError`; no output is left then, and one that was to be replaced is as it was.
    public func run(
        progress: @escaping (Progress) -> Void = { _ in }, isStopping: @escaping () -> Bool = { false }
    ) throws(FeedError) -> ImportSummary {
        let files = try InputFiles(inputs, spoolingTo: output + InputFiles.spoolSuffix)
        defer { files.removeSpool() }
        let sink = try TapeSink(output, replacing: options.replace, source: files.identity + options.identity)
        let stop = { () throws(FeedError) in if isStopping() { throw .interrupted(path: output) } }
        do throws(FeedError) {
            var run = try ImportRun(files.paths, options, sink, progress: progress, checkStop: stop)
            var (filled, summary) = try run.run()
            try filled.close()
            summary.resumedChunks = filled.resumedChunks
            summary.leftOut = files.leftOut
            return summary
        } catch {
            if case .interrupted = error { try sink.suspend() }
            throw error
        }
    }
}
