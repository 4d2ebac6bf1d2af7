internal import Market

/// What can be wrong with a tape or a journal file.
public enum TapeError: Error, Equatable, Sendable {
    case notFound(path: String, closest: String?)
    case isDirectory(path: String)
    case notReadable(path: String)
    case alreadyExists(path: String)
    /// Another kind of file, or another program's database.
    case notATape(path: String)
    case schemaTooNew(path: String, found: Int, supported: Int)
    /// SQLite found its pages damaged.
    case damaged(path: String, reason: String)
    /// A chunk's bytes are not what was written.
    case damagedChunk(path: String, feed: String, chunk: Int, reason: String)
    /// A block of raw frames is not what was written.
    case damagedFrames(path: String, feed: String, block: Int, reason: String)
    case unknownInstrument(path: String, name: String, known: [String])
    case diskFull(path: String)
    /// Less than the reserve is left: a recorder stops while it can still end well.
    case diskReserve(path: String, free: Int64, reserve: Int64)
    case notWritable(path: String, reason: String)
    case locked(path: String)
    /// SQLite's own words for what this list does not name.
    case database(path: String, code: Int32, reason: String)

    public var message: String {
        switch self {
        case .notFound(let path, _): "no tape at '\(path)'"
        case .isDirectory(let path): "'\(path)' is a folder, not a tape"
        case .notReadable(let path): "'\(path)' can't be read: permission denied"
        case .alreadyExists(let path): "'\(path)' exists already"
        case .notATape(let path): "'\(path)' is not a tape"
        case .schemaTooNew(let path, let found, let supported):
            "'\(path)' has schema \(found), which is newer than \(supported), the last one this program knows"
        case .damaged(let path, let reason): "'\(path)' is damaged: \(reason)"
        case .damagedChunk(let path, let feed, let chunk, let reason): "'\(path)' is damaged in chunk \(chunk) of \(feed): \(reason)"
        case .damagedFrames(let path, let feed, let block, let reason):
            "'\(path)' is damaged in block \(block) of the raw frames of \(feed): \(reason)"
        case .unknownInstrument(let path, let name, _): "'\(path)' has no feed '\(name)'"
        case .diskReserve(let path, let free, let reserve):
            "'\(path)' is closed early: \(free / 1_000_000) MB are free, less than the reserve of \(reserve / 1_000_000) MB"
        case .diskFull(let path): "the disk is full while writing '\(path)'"
        case .notWritable(let path, let reason): "'\(path)' can't be written: \(reason)"
        case .locked(let path): "'\(path)' is being written by another program"
        case .database(let path, let code, let reason): "'\(path)': \(reason) (SQLite \(code))"
        }
    }

    public var hint: String? {
        switch self {
        case .notFound(_, let closest): closest.map { "did you mean '\($0)'?" } ?? "make one with `mmsim synth` or `mmsim tape import`"
        case .isDirectory: "name the tape's file in it"
        case .notReadable: "check the file's permissions"
        case .alreadyExists: "name another file, or delete this one first"
        case .notATape: "recordings become tapes with `mmsim tape import`"
        case .schemaTooNew: "update mmsim, or record the tape again"
        case .unknownInstrument(_, let name, let known): Self.hint(for: name, among: known)
        case .diskReserve: "free some space and record on; what was recorded is whole"
        case .damaged, .damagedChunk, .damagedFrames: "take it from a backup, or import the recording again"
        case .diskFull: "free some space; what was committed before is whole"
        case .notWritable: "check the folder's permissions"
        case .locked: "wait until it has finished"
        case .database: nil
        }
    }

    private static func hint(for name: String, among known: [String]) -> String {
        let limit = max(2, name.count / 4)
        let closest = known.map { ($0, Spelling.distance(name, $0)) }.filter { $0.1 <= limit }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        if let closest { return "did you mean '\(closest.0)'?" }
        return known.isEmpty ? "the tape is empty" : "it has " + known.map { "'\($0)'" }.joined(separator: ", ")
    }
}
