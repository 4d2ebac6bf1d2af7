public import Market

/// What keeps a run from starting or from going on. `exitCode` is the command's.
public enum RunError: Error, Equatable, Sendable {
    /// A tape can't be opened or read.
    case tape(path: String, message: String, hint: String?)
    /// A journal can't be opened, read or understood.
    case journal(path: String, message: String, hint: String?)
    /// No tape of the scenario has the feed that a venue names.
    case noFeed(venue: String, feed: String, symbol: String, available: [String])
    /// Two tapes hold the same span of one feed.
    case overlap(feed: String, first: String, second: String, from: Timestamp, to: Timestamp)
    /// The scenario's range has no data.
    case outsideData(from: Timestamp?, to: Timestamp?, dataFrom: Timestamp, dataTo: Timestamp)
    /// The scenario asks for something that contradicts the data or itself.
    case scenario(message: String, hint: String?)
    /// A file of the report or the journal can't be written.
    case output(path: String, message: String)

    public var message: String {
        switch self {
        case .tape(_, let message, _), .journal(_, let message, _): message
        case .noFeed(let venue, let feed, let symbol, _): "venue '\(venue)' wants \(symbol) of feed '\(feed)', which no tape holds"
        case .overlap(let feed, let first, let second, let from, let to):
            "tapes '\(first)' and '\(second)' both hold \(feed) from \(from.iso8601) to \(to.iso8601)"
        case .outsideData(let from, let to, let dataFrom, let dataTo):
            "the range \(from?.iso8601 ?? "start") to \(to?.iso8601 ?? "end") is outside the tapes: "
                + "they hold \(dataFrom.iso8601) to \(dataTo.iso8601)"
        case .scenario(let message, _): message
        case .output(let path, let message): "'\(path)': \(message)"
        }
    }

    public var hint: String? {
        switch self {
        case .tape(_, _, let hint), .journal(_, _, let hint): hint
        case .noFeed(_, _, _, let available):
            available.isEmpty ? "the tapes hold no feed at all" : "the tapes hold: \(available.joined(separator: ", "))"
        case .overlap: "leave one of the tapes out, or cut them so that they follow each other"
        case .outsideData: "change `range`, or leave it out to use all of the data"
        case .scenario(_, let hint): hint
        case .output: "free some space or name another folder with --out"
        }
    }

    /// The exit code that the command ends with: 2 for what the scenario says, 3 for data, 1 for the rest.
    public var exitCode: Int32 {
        switch self {
        case .tape, .journal, .overlap: 3
        case .noFeed, .outsideData, .scenario: 2
        case .output: 1
        }
    }
}
