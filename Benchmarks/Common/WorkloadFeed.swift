internal import Foundation
package import Market

/// The feed of the common workload: 32-byte little-endian records sorted by venue time (`WORKLOAD.md` §1).
///
/// | offset | type | field |
/// |---|---|---|
/// | 0 | i64 | venue time, ns |
/// | 8 | i64 | receive time, ns |
/// | 16 | i64 | lots: the level's size after the change, or the trade's |
/// | 24 | i32 | tick |
/// | 28 | u8 | kind: 0 snapshot level, 1 level change, 2 trade |
/// | 29 | u8 | side: 0 bid or buyer-initiated, 1 ask or seller-initiated |
/// | 30 | u8 | venue: 0 A, 1 B |
/// | 31 | u8 | flags: bit 0, last record of its event |
package struct WorkloadFeed {
    /// As the file's byte says.
    enum Kind: UInt8 { case snapshot, change, trade }

    static let recordSize = 32
    private static let batchSize = 65_536
    package static let names = ["A", "B"]

    /// The records of each venue, in order.
    package private(set) var venues: [[EventBatch]] = [[], []]
    /// Records of level changes, snapshots included: the unit that speeds are counted in.
    package private(set) var records = 0
    package private(set) var events = 0
    package private(set) var levelChanges = 0
    package private(set) var firstTime = Timestamp.distantPast
    package private(set) var lastTime = Timestamp.distantPast

    package init(reading path: String) throws(WorkloadError) {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw .unreadable(path: path) }
        defer { try? handle.close() }
        var isFirstOfEvent = [true, true]
        var rest = Data()
        while true {
            let read: Data?
            do { read = try handle.read(upToCount: 1 << 18) } catch { throw .unreadable(path: path) }
            guard let block = read, !block.isEmpty else { break }
            rest.append(block)
            let whole = rest.count / Self.recordSize * Self.recordSize
            let bytes = [UInt8](rest.prefix(whole))
            rest = Data(rest.dropFirst(whole))
            try add(bytes, &isFirstOfEvent, path)
        }
        guard rest.isEmpty else { throw .malformed(path: path, reason: "its size is not a multiple of \(Self.recordSize) bytes") }
        guard firstTime > .distantPast else { throw .malformed(path: path, reason: "it is empty") }
    }

    /// A feed from the bytes of a file.
    package init(_ bytes: [UInt8]) throws(WorkloadError) {
        var isFirstOfEvent = [true, true]
        try add(bytes, &isFirstOfEvent, "the bytes")
    }

    /// The bytes of the synthetic feed of this size and seed.
    package static func synthetic(levelChanges: Int, seed: UInt64) -> [UInt8] {
        let records = FeedGenerator(levelChanges: levelChanges, seed: seed).records
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.count * recordSize)
        func put(_ value: Int64, _ count: Int) {
            for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> Int64(8 * shift))) }
        }
        for record in records {
            let time = (record.time + FeedGenerator.start) * 1_000
            put(time, 8)
            put(time + FeedGenerator.feedLatency, 8)
            put(record.lots, 8)
            put(record.tick, 4)
            bytes += [record.kind.rawValue, UInt8(record.side), UInt8(record.venue), record.isLast ? 1 : 0]
        }
        return bytes
    }

    private mutating func add(_ bytes: [UInt8], _ isFirstOfEvent: inout [Bool], _ path: String) throws(WorkloadError) {
        for start in stride(from: 0, to: bytes.count, by: Self.recordSize) {
            try add(bytes.span.extracting(start..<start + Self.recordSize), &isFirstOfEvent, path)
        }
    }

    private mutating func add(_ bytes: Span<UInt8>, _ isFirstOfEvent: inout [Bool], _ path: String) throws(WorkloadError) {
        let venue = Int(bytes[30])
        guard venue < 2, bytes[28] < 3, bytes[29] < 2 else {
            throw .malformed(path: path, reason: "a record has an unknown kind, side or venue")
        }
        let isTrade = bytes[28] == 2
        var flags: MarketEvent.Flags = bytes[29] == 1 ? .sell : []
        if isFirstOfEvent[venue] { flags.insert(.first) }
        isFirstOfEvent[venue] = bytes[31] & 1 == 1
        if isFirstOfEvent[venue] { flags.insert(.last) }
        let event = MarketEvent(
            kind: isTrade ? .trade : .level, instrument: InstrumentID(venue), venueTime: Timestamp(nanoseconds: integer(bytes, 0)),
            receiveTime: Timestamp(nanoseconds: integer(bytes, 8)), price: Int64(Int32(truncatingIfNeeded: integer(bytes, 24))),
            quantity: integer(bytes, 16), flags: flags)
        guard event.receiveTime >= event.venueTime else { throw .malformed(path: path, reason: "a receive time precedes the venue's") }
        if firstTime == .distantPast { firstTime = event.venueTime }
        lastTime = event.venueTime
        records += 1
        if event.isLast { events += 1 }
        if !isTrade { levelChanges += 1 }
        // Batches that are full are not copied into larger ones.
        if venues[venue].last.map({ $0.count == Self.batchSize }) ?? true { venues[venue].append(EventBatch(capacity: Self.batchSize)) }
        venues[venue][venues[venue].count - 1].append(event)
    }

    private func integer(_ bytes: Span<UInt8>, _ offset: Int) -> Int64 {
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        return Int64(bitPattern: value)
    }

    /// Tick 0.5, lot 0.001, near 50,000.
    package static let instruments = names.map { name in
        Instrument(
            symbol: "X", venue: name, venueSymbol: "X", kind: .linear, base: Currency("X")!, quote: Currency("USD")!,
            tickSize: FinePrice(nanos: 500_000_000), lotSize: 1_000_000)
    }
}

package enum WorkloadError: Error {
    case usage(String)
    case unreadable(path: String)
    case malformed(path: String, reason: String)
    case run(String)

    package var message: String {
        switch self {
        case .usage(let text): text
        case .unreadable(let path): "'\(path)' can't be read"
        case .malformed(let path, let reason): "'\(path)' is not a feed of the workload: \(reason)"
        case .run(let text): text
        }
    }
}
