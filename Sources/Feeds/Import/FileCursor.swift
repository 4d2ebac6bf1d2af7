import Market

/// One file of an import: its rows become frames one batch at a time.
final class FileCursor {
    /// What a bad row does.
    enum OnBadRow { case stop, skip }

    let path: String
    let format: RecordingFormat
    private(set) var batch = FrameBatch()
    /// The row that the batch came from, if rows are kept.
    private(set) var row: [UInt8] = []
    private(set) var isAtEnd = false
    private(set) var ignored: [ImportSummary.Count] = []

    private let reader: LineReader
    private var decoder: any RecordingDecoder
    private let keepsRows: Bool
    private var hasFinished = false

    init(_ path: String, _ format: RecordingFormat, keepsRows: Bool) throws(FeedError) {
        self.path = path
        self.format = format
        self.keepsRows = keepsRows && format.hasRawFrames
        reader = try LineReader(path)
        decoder = FormatProbe.decoder(format, path: path)
    }

    var line: Int { reader.lineNumber }
    var position: Int { reader.source.position }
    var checks: [String: Int] { decoder.checks }

    /// When the batch's first frame reached us, or left the venue where nobody noted that.
    var time: Timestamp {
        guard let frame = batch.frames.first else { return .never }
        return frame.receiveTime.nanoseconds > 0 ? frame.receiveTime : frame.venueTime
    }

    /// Reads rows until there are frames, or the file ends.
    ///
    /// - Parameter skipped: Told of a bad row; nil stops at it.
    func advance(
        _ catalog: FeedCatalog, skipped: ((FeedError, FeedError.RowFault, Bytes) throws(FeedError) -> Void)?
    ) throws(FeedError) {
        repeat {
            batch.removeAll()
            var failure: (RowFailure, [UInt8])?
            let result = try reader.next { line throws(RowFailure) in
                do throws(RowFailure) {
                    try decoder.decode(line, into: &batch, catalog)
                    if keepsRows {
                        row.removeAll(keepingCapacity: true)
                        unsafe line.withBuffer { unsafe row.append(contentsOf: $0) }
                    }
                } catch {
                    failure = (error, Array(line.text.utf8))
                }
            }
            if let (error, bytes) = failure {
                batch.removeAll()
                let described = describe(error)
                guard let skipped else { throw described }
                try Bytes.lending(bytes) { (bytes: Bytes) throws(FeedError) in try skipped(described, error.kind, bytes) }
                continue
            }
            if case .success(false) = result {
                guard !hasFinished else {
                    isAtEnd = true
                    return
                }
                hasFinished = true
                decoder.finish(into: &batch)
            }
            if let reason = batch.ignored { ImportSummary.add(reason.description, to: &ignored) }
        } while batch.frames.isEmpty
    }

    func describe(_ failure: RowFailure) -> FeedError {
        .badRow(path: path, line: line, column: failure.offset + 1, fault: failure.kind, expected: failure.expected)
    }
}
