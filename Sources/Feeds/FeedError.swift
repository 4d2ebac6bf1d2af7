public import Tape
public import Venues

/// What can be wrong with a recording, and where.
public enum FeedError: Error, Equatable, Sendable {
    public typealias RowFault = Venues.RowFault

    case cannotOpen(path: String, reason: String)
    case cannotRead(path: String, reason: String)
    /// A compressed file ends before its data do.
    case truncatedGzip(path: String, byteOffset: Int)
    case corruptGzip(path: String, byteOffset: Int, reason: String)
    /// A .npz is not what its format wants.
    case corruptZip(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    case lineTooLong(path: String, line: Int, limit: Int)
    case empty(path: String)
    case unknownFormat(path: String, nearest: RecordingFormat?, firstLine: String)
    case badRow(path: String, line: Int, column: Int, fault: RowFault, expected: String)
    case unknownInstrument(path: String, venue: String, symbol: String)
    case overlap(feed: String, first: String, second: String)
    /// Two parts of a feed whose instruments differ, and so what their numbers count.
    case differentTerms(feed: String, first: String, second: String)
    /// A tape keeps no raw frames of a feed.
    case noFrames(path: String, feed: String)
    case tape(TapeError)
    case noFeeds(paths: [String])
    /// Asked to stop; what was done is kept for the next try.
    case interrupted(path: String)

    public var message: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot open '\(path)': \(reason)"
        case .cannotRead(let path, let reason): "cannot read '\(path)': \(reason)"
        case .truncatedGzip(let path, let offset): "'\(path)' ends at byte \(offset) in the middle of its compressed data"
        case .corruptGzip(let path, let offset, let reason): "'\(path)' is damaged near byte \(offset): \(reason)"
        case .corruptZip(let path, let reason): "'\(path)' is no .npz of hftbacktest's events: \(reason)"
        case .cannotWrite(let path, let reason): "cannot write '\(path)': \(reason)"
        case .lineTooLong(let path, let line, let limit): "\(path):\(line): longer than \(limit) bytes"
        case .empty(let path): "'\(path)' holds no data"
        case .unknownFormat(let path, _, let firstLine): "'\(path)' is in no known format; it begins '\(firstLine)'"
        case .badRow(let path, let line, let column, let fault, let expected):
            "\(path):\(line):\(column): \(fault.rawValue): expected \(expected)"
        case .unknownInstrument(let path, let venue, let symbol): "'\(path)' has '\(symbol)' of \(venue), whose currencies are not known"
        case .overlap(let feed, let first, let second): "'\(first)' and '\(second)' overlap in time; both hold \(feed)"
        case .differentTerms(let feed, let first, let second):
            "'\(first)' and '\(second)' both hold \(feed), with other ticks, lots or limits"
        case .noFrames(let path, let feed): "'\(path)' keeps no raw frames of \(feed)"
        case .tape(let error): error.message
        case .interrupted(let path): "the import into '\(path)' was interrupted"
        case .noFeeds(let paths): "no market data of a known instrument in \(paths.map { "'\($0)'" }.joined(separator: ", "))"
        }
    }

    public var hint: String? {
        switch self {
        case .truncatedGzip: "copy the file again; nothing of it was imported"
        case .corruptGzip: "copy the file again and check it with `gzip -t`"
        case .unknownFormat(_, let nearest, _):
            (nearest.map { "the nearest is '\($0.rawValue)' (\($0.shape)); " } ?? "")
                + "known formats: " + RecordingFormat.allCases.map(\.rawValue).joined(separator: ", ")
        case .badRow: "correct the row, or skip and count bad rows with --skip-bad"
        case .unknownInstrument(_, _, let symbol): "name it with --symbol \(symbol)=BASE/QUOTE"
        case .differentTerms: "import the recordings together into one tape"
        case .overlap: "import one of them, or parts that follow each other"
        case .noFrames: "leave the feed out with `mmsim tape cut --feed`, or import the recording again"
        case .tape(let error): error.hint
        case .interrupted: "run the same command again: it goes on where it stopped"
        case .corruptZip: "it holds one array, named data, of the events of hftbacktest 2"
        case .lineTooLong: "is it a text file with one message a line?"
        case .cannotOpen, .cannotRead, .cannotWrite, .empty, .noFeeds: nil
        }
    }
}

/// The recordings that can be imported.
public enum RecordingFormat: String, Sendable, CaseIterable {
    case binance, lighter, bybit, backpack, bitstamp, bbo, npz
    case tardisBook = "tardis-incremental_book_L2"
    case tardisTrades = "tardis-trades"
    case tardisQuotes = "tardis-quotes"
    case tardisTicker = "tardis-derivative_ticker"

    /// How one of its lines looks.
    public var shape: String {
        switch self {
        case .binance: #"<receive time> {"stream":"…@depth…","data":{…}}"#
        case .lighter: #"{"captured_at":…,"message_number":…,"data":{"channel":"order_book:…"…}}"#
        case .bybit: #"{"t":"recv","conn":…,"ts":…,"data":"…"} after a header line"#
        case .backpack: #"{"data":{"e":"depth"…},"stream":"depth.…"}"#
        case .bitstamp: #"<receive time ms> order_created {"price":…}"#
        case .npz: "a zip archive with one array of events"
        case .bbo: "timestamp,ask_amount,ask_price,bid_price,bid_amount"
        case .tardisBook: "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount"
        case .tardisTrades: "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
        case .tardisQuotes: "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount"
        case .tardisTicker: "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,…,mark_price"
        }
    }
}
