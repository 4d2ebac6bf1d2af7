import Market

/// What was learned of the input files before the import: formats, time order, and whether full books are to come.
struct ImportPlan {
    struct File {
        var path: String
        var format: RecordingFormat
        var start: Timestamp
        /// The feed of its first message.
        var feed: String?
    }

    /// Files that are merged by time; one file, where they just follow each other.
    struct Lane {
        var files: [File]
        /// A full book is somewhere in its files, or in other parts of its feed.
        var expectsBook: Bool
    }

    private(set) var lanes: [Lane] = []
    private(set) var totalBytes = 0

    init(_ paths: [String], _ symbols: [String: SymbolName]) throws(FeedError) {
        var files: [(file: File, hasBook: Bool)] = []
        for path in paths {
            let format = try Self.format(path)
            files.append((try Self.probe(path, format, symbols), try Self.hasFullBook(path, format, &totalBytes)))
        }
        // Equal starts keep the order of the command line.
        let order = files.indices.sorted { (files[$0].file.start, $0) < (files[$1].file.start, $1) }
        let merged = order.map { files[$0] }.filter { $0.file.format.isMerged }
        for family in [[RecordingFormat.lighter], [.tardisBook, .tardisTrades, .tardisQuotes, .tardisTicker]] {
            let members = merged.filter { family.contains($0.file.format) }
            if !members.isEmpty { lanes.append(Lane(files: members.map(\.file), expectsBook: members.contains { $0.hasBook })) }
        }
        for index in order where !files[index].file.format.isMerged {
            let feed = files[index].file.feed
            let expectsBook = files[index].hasBook || files.contains { $0.file.feed == feed && $0.hasBook }
            lanes.append(Lane(files: [files[index].file], expectsBook: expectsBook))
        }
    }

    private static func format(_ path: String) throws(FeedError) -> RecordingFormat {
        let reader = try LineReader(path)
        var format: RecordingFormat?
        let result = try reader.next { line throws(FeedError) in format = try FormatProbe.detect(line, path: path) }
        if case .failure(let error) = result { throw error }
        guard let format else { throw .empty(path: path) }
        return format
    }

    /// Looks at the first message that can be read.
    private static func probe(
        _ path: String, _ format: RecordingFormat, _ symbols: [String: SymbolName]
    ) throws(FeedError) -> File {
        let cursor = try FileCursor(path, format, keepsRows: false, skipsBadRows: true)
        let catalog = FeedCatalog(symbols: symbols)
        try cursor.advance(catalog)
        return File(path: path, format: format, start: cursor.time, feed: cursor.firstFeed.map { catalog.entries[$0].name })
    }

    /// The names of the files that a feed is made of, as far as their first messages tell.
    func source(of feed: String, at path: String) -> String {
        let files = lanes.flatMap(\.files).filter { $0.feed == feed || $0.path == path }
        return files.map { InputFiles.title($0.path) }.joined(separator: ", ")
    }

    /// Reads the whole file once when books of its format may begin with a full one.
    private static func hasFullBook(_ path: String, _ format: RecordingFormat, _ totalBytes: inout Int) throws(FeedError) -> Bool {
        let reader = try LineReader(path)
        totalBytes += reader.size
        switch format {
        case .binance, .lighter, .bybit: break
        case .backpack, .bitstamp, .bbo, .npz, .tardisBook, .tardisTrades, .tardisQuotes, .tardisTicker: return false
        }
        var found = false
        while !found {
            let result: Result<Bool, Never> = try reader.next { line in found = FormatProbe.isFullBook(line, format) }
            if case .success(false) = result { break }
        }
        return found
    }
}
