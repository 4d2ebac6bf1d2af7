/// Imports recordings of one or several instruments into one tape.
///
/// Files are told apart by content and put in order by time. Consecutive parts of a feed are joined; files of one venue that
/// hold different streams of the same time are merged. Nothing is left of the output when an import fails.
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
    /// - Parameter progress: Called now and then, and once at the end.
    /// - Throws: `FeedError`; no output is left then, and one that was to be replaced is as it was.
    public func run(progress: @escaping (Progress) -> Void = { _ in }) throws(FeedError) -> ImportSummary {
        var run = try ImportRun(inputs, options, try TapeSink(output, replacing: options.replace), progress: progress)
        let (sink, summary) = try run.run()
        try sink.close()
        return summary
    }
}
