import Market
import Venues

/// One file of an import: its rows become frames one batch at a time.
final class FileCursor {
    let path: String
    let format: RecordingFormat
    private(set) var batch = FrameBatch()
    /// The row that the batch came from, if rows are kept.
    private(set) var row: [UInt8] = []
    private(set) var isAtEnd = false
    private(set) var ignored: [ImportSummary.Count] = []
    /// Bad rows that were skipped, by fault, and what the first one was.
    private(set) var unparsed: [ImportSummary.Count] = []
    private(set) var firstBadRow: FeedError?
    /// The first feed that a frame was for, to which bad rows are counted.
    private(set) var firstFeed: Int?

    private let reader: any RowReader
    private var decoder: any RecordingDecoder
    private let keepsRows: Bool
    private let skipsBadRows: Bool
    private var hasFinished = false

    init(_ path: String, _ format: RecordingFormat, keepsRows: Bool, skipsBadRows: Bool) throws(FeedError) {
        self.path = path
        self.format = format
        self.keepsRows = keepsRows && format.hasRawFrames
        self.skipsBadRows = skipsBadRows
        reader = format == .npz ? try NpzRows(path) : try LineReader(path)
        decoder = FormatProbe.decoder(format, path: path)
    }

    var line: Int { reader.lineNumber }
    var position: Int { reader.position }
    var checks: [String: Int] { decoder.checks }

    /// When the batch's first frame reached us, or left the venue where nobody noted that.
    var time: Timestamp {
        guard let frame = batch.frames.first else { return .never }
        return frame.receiveTime.nanoseconds > 0 ? frame.receiveTime : frame.venueTime
    }

    /// Reads rows until there are frames, or the file ends.
    func advance(_ catalog: FeedCatalog) throws(FeedError) {
        repeat {
            batch.removeAll()
            let result = try reader.next { line throws(RowFailure) in
                try decoder.decode(line, into: &batch, catalog)
                guard keepsRows else { return }
                row.removeAll(keepingCapacity: true)
                unsafe line.withBuffer { unsafe row.append(contentsOf: $0) }
            }
            switch result {
            case .success(true): break
            case .success(false):
                guard !hasFinished else {
                    isAtEnd = true
                    return
                }
                hasFinished = true
                decoder.finish(into: &batch)
            case .failure(let error):
                batch.removeAll()
                try skip(error)
            }
            if firstFeed == nil { firstFeed = batch.frames.first?.feed }
            if let reason = batch.ignored { ImportSummary.add(reason.description, to: &ignored) }
        } while batch.frames.isEmpty
    }

    /// Counts a bad row, or stops at it.
    func skip(_ failure: RowFailure) throws(FeedError) {
        let error = describe(failure)
        guard skipsBadRows else { throw error }
        ImportSummary.add(failure.kind.rawValue, to: &unparsed)
        if firstBadRow == nil { firstBadRow = error }
    }

    private func describe(_ failure: RowFailure) -> FeedError {
        .badRow(path: path, line: line, column: failure.offset + 1, fault: failure.kind, expected: failure.expected)
    }
}
