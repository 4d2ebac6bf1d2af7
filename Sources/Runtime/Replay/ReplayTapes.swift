internal import Foundation
internal import Market
internal import Signing
internal import Tape

/// Finds the feeds that a journal names among tapes, by the hashes of what they hold.
struct ReplayTapes {
    private struct Found {
        var path: String
        var tape: Tape
        var feed: InstrumentID
        var summary: FeedSummary
    }

    private var byHash: [String: Found] = [:]
    /// All feeds that were seen, as `PATH: NAME`, for the message of one that is missing.
    private var seen: [(name: String, place: String)] = []

    /// - Parameter paths: Tapes, and folders whose `*.tape` files are looked at.
    /// - Throws: `RunError.tape` when a file is named that is no tape.
    init(_ paths: [String]) throws(RunError) {
        for path in paths {
            var isFolder: ObjCBool = false
            guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                let tape: Tape
                do { tape = try Tape(opening: path) } catch { throw RunError(error, path: path) }
                add(tape, path)
                continue
            }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            for name in names.filter({ $0.hasSuffix(".tape") }).sorted() {
                // A folder may hold damaged ones; what the run needs is missed by its hash.
                let inside = path + "/" + name
                do throws(TapeError) { add(try Tape(opening: inside), inside) } catch { seen.append((error.message, inside)) }
            }
        }
    }

    private mutating func add(_ tape: Tape, _ path: String) {
        for (index, summary) in tape.feeds.enumerated() {
            seen.append((summary.description.name, path))
            let hash = summary.contentHash.description
            if byHash[hash] == nil { byHash[hash] = Found(path: path, tape: tape, feed: InstrumentID(index), summary: summary) }
        }
    }

    /// The feed's records with corrected times, as the run had them.
    ///
    /// - Throws: `RunError.tape` naming the part that no tape holds.
    func source(_ feed: RunHeader.Feed, instrument: InstrumentID) throws(RunError) -> TapeSource {
        var parts: [TapeCatalog.Part] = []
        for part in feed.parts {
            guard let found = byHash[part.contentHash], let span = found.summary.venueTimes ?? found.summary.receiveTimes else {
                throw missing(part)
            }
            parts.append(.init(path: found.path, tape: found.tape, feed: found.feed, summary: found.summary, span: span))
        }
        return TapeCatalog.source(
            parts, instrument: instrument, minimumLatency: Nanoseconds(count: feed.minimumLatency), isLive: feed.isLive ?? false)
    }

    private func missing(_ part: RunHeader.Part) -> RunError {
        let alike = seen.filter { $0.name == part.name }.map(\.place)
        let hint =
            if !alike.isEmpty {
                "\(alike.joined(separator: ", ")): has the feed with other records; name the tape that the run read with --tapes"
            } else if seen.isEmpty {
                "name the tapes that the run read, or their folder, with --tapes"
            } else {
                "looked at: " + seen.map { "\($0.place) (\($0.name))" }.joined(separator: ", ")
            }
        return .tape(
            path: part.name, message: "no tape holds the feed '\(part.name)' with the content \(part.contentHash.prefix(16))…", hint: hint)
    }
}
