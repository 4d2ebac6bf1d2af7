public import Market

/// What records would take in sealed chunks of their own.
public struct ChunkSizes {
    private let limit: Int
    private let compressor = ChunkTable.compressor(level: ChunkTable.sealedLevel)
    private var events = ContiguousArray<MarketEvent>()
    private var columns: [UInt8] = []
    private var records = 0
    private var bytes = 0

    /// - Parameter limit: Records that are looked at; later ones are left out, for compressing takes long.
    public init(limit: Int) { self.limit = limit }

    public mutating func add(_ event: MarketEvent) {
        guard records + events.count < limit else { return }
        events.append(event)
        if events.count == TapeWriter.chunkSize { seal() }
    }

    /// nil without any.
    public var bytesPerRecord: Double? {
        var copy = self
        copy.seal()
        return copy.records > 0 ? Double(copy.bytes) / Double(copy.records) : nil
    }

    private mutating func seal() {
        guard !events.isEmpty else { return }
        ChunkCodec.encode(events, into: &columns)
        bytes += compressor.size(columns)
        records += events.count
        events.removeAll(keepingCapacity: true)
    }
}
