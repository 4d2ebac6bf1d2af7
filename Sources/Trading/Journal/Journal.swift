public import Market
public import Signing

/// Takes a journal's blocks to where they are kept.
public protocol JournalSink: AnyObject {
    /// Whole records; `hash` is the running hash after them.
    func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64)
}

/// The record of a core: what entered and what left, in order, with a running hash.
///
/// Without a sink only the hash is made. Of a run that goes on after its process died the sink holds the first records already:
/// the core that is rebuilt writes them again, which leads to the same hash, and only what follows is handed over.
public final class Journal {
    private static let blockSize = 1 << 16

    private var running = JournalHash()
    private var digest: SHA256Hasher?
    private let sink: (any JournalSink)?
    /// How many records the sink held before.
    private let stored: Int64
    private var block: [UInt8] = []
    private var records = 0
    private var times: ClosedRange<Timestamp> = .distantPast ... .distantPast
    public private(set) var recordCount: Int64 = 0

    /// - Parameters:
    ///   - stored: How many records the sink holds already.
    ///   - digests: Whether `close` gives the SHA-256 of all bytes.
    public init(sink: (any JournalSink)?, stored: Int64 = 0, digests: Bool = true) {
        self.sink = sink
        self.stored = stored
        digest = sink == nil || !digests ? nil : SHA256Hasher()
        if sink != nil { block.reserveCapacity(Self.blockSize + 8 * JournalRecord.capacity) }
    }

    /// The hash of the records that the sink held before, once they have been written again.
    public private(set) var storedHash: UInt64?

    /// The hash of all records so far.
    public var hash: UInt64 { running.value }

    public func append(_ record: JournalRecord) {
        running.combine(record.header)
        for index in 1..<record.count { running.combine(record.words[index]) }
        recordCount += 1
        if recordCount == stored { storedHash = running.value }
        guard sink != nil else { return }
        let time = Timestamp(nanoseconds: Int64(bitPattern: record.words[1]))
        times = records == 0 ? time...time : times.lowerBound...max(times.upperBound, time)
        put(record.header)
        for index in 1..<record.count { put(record.words[index]) }
        records += 1
        if block.count >= Self.blockSize || recordCount == stored { commit() }
    }

    private func put(_ word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { block.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
    }

    /// Hands over what the sink does not have yet: it outlives the process from then on.
    public func commit() {
        guard records > 0, let sink else { return }
        let bytes = block
        digest?.update(bytes.span)
        if recordCount > stored { sink.append(block, records: records, times: times, hash: running.value) }
        block.removeAll(keepingCapacity: true)
        records = 0
    }

    /// Hands over what is left and returns the SHA-256 of all bytes; nil where none is made.
    public func close() -> SHA256Digest? {
        commit()
        return digest.take()?.finish()
    }
}
