import Foundation
import Market
import Signing
import TestSupport
import Testing

@testable import Tape

@Suite struct JournalStoreTests {
    @Test func `blocks come back as they were written`() throws {
        let place = try Place()
        let path = place.main
        let hashes = [sha256("b"), sha256("a")]
        let store = try JournalStore(creating: path, meta: ["scenario": "x"], feeds: [("one", hashes[0]), ("two", hashes[1])])
        let times = Timestamp(nanoseconds: 1)...Timestamp(nanoseconds: 9)
        try store.append([1, 2, 3], records: 1, times: times, hashAfter: 5)
        try store.append([UInt8](repeating: 7, count: 100_000), records: 2, times: times, hashAfter: 6)
        try store.close(finalHash: 0xAB, digest: sha256("all"))
        let reader = try JournalReader(opening: path)
        #expect(try reader.nextBlock()?.bytes == [1, 2, 3])
        #expect(try reader.nextBlock()?.bytes.count == 100_000)
        #expect(try reader.nextBlock() == nil)
        #expect(reader.meta == ["scenario": "x", "final_hash": "00000000000000ab", "sha256": sha256("all").description])
        #expect(reader.feeds.map(\.hash) == hashes.sorted().map(\.description))
    }

    /// A store of small blocks, and how long its log was after each.
    private static func written(_ path: String, blocks: Int) throws -> (store: JournalStore, logSizes: [Int]) {
        let store = try JournalStore(creating: path, meta: ["kind": "test"], feeds: [("one", sha256("a"))])
        let sizes = try (0..<blocks).map { number in
            try store.append(
                bytes(number), records: number + 1, times: Timestamp(nanoseconds: Int64(number))...Timestamp(nanoseconds: Int64(number)),
                hashAfter: UInt64(number))
            return try Data(contentsOf: URL(filePath: path + "-wal")).count
        }
        return (store, sizes)
    }

    /// What block `number` holds: too disorderly to be compressed.
    private static func bytes(_ number: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(number))
        return (0..<(200 + 900 * (number % 4))).map { _ in UInt8(random.uniform(in: 0...255)) }
    }

    private static func blocks(_ reader: JournalReader) throws -> [JournalReader.Block] {
        var blocks: [JournalReader.Block] = []
        while let block = try reader.nextBlock() { blocks.append(block) }
        return blocks
    }

    @Test func `a journal is one from its first moment, before anything of its log has reached the file`() throws {
        let place = try Place()
        let store = try JournalStore(creating: place.main, meta: ["kind": "test"], feeds: [("one", sha256("a"))])
        try FileManager.default.copyItem(atPath: place.main, toPath: place.copy)
        let reader = try JournalReader(opening: place.copy)
        #expect(try reader.nextBlock() == nil && !reader.isComplete && reader.meta == ["kind": "test"] && reader.feeds.count == 1)
        _ = store
    }

    @Test func `cut anywhere in its log a journal is whole up to the last commit before the cut`() throws {
        let place = try Place()
        let isWhole = TestScale.factor >= 10
        let (store, sizes) = try Self.written(place.main, blocks: isWhole ? 6 : 12)
        let (main, log) = try (Data(contentsOf: URL(filePath: place.main)), Data(contentsOf: URL(filePath: place.main + "-wal")))
        #expect(sizes.last == log.count)
        // Every byte near the end of a commit and at the log's head, and some between; at ten times the scale all.
        var random = SeededGenerator(seed: 5)
        var cuts = Set(0...64).union(sizes.flatMap { max(0, $0 - 3)...min(log.count, $0 + 3) })
        for _ in TestScale.seeds(200) { cuts.insert(Int(random.uniform(in: 0...Int64(log.count)))) }
        if isWhole { cuts = Set(0...log.count) }
        for cut in cuts.sorted() {
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: place.copy + suffix) }
            try main.write(to: URL(filePath: place.copy))
            try log.prefix(cut).write(to: URL(filePath: place.copy + "-wal"))
            let reader = try JournalReader(opening: place.copy)
            let blocks = try Self.blocks(reader)
            #expect(blocks.count == sizes.count { $0 <= cut } && !reader.isComplete, "cut at \(cut)")
            #expect(blocks.map(\.bytes) == blocks.indices.map(Self.bytes) && blocks.map(\.sequence) == Array(blocks.indices))
        }
        _ = store
    }

    @Test func `a file that was cut is refused, and a salvage hands out what is intact of it`() throws {
        let place = try Place()
        let (store, _) = try Self.written(place.main, blocks: 60)
        try store.close(finalHash: 9, digest: sha256("all"))
        let whole = try Data(contentsOf: URL(filePath: place.main))
        #expect(try Self.blocks(JournalReader(opening: place.main, salvages: true)).count == 60)
        var random = SeededGenerator(seed: 6)
        var cuts = [0, 1, 99, 100, 4_095, 4_096, whole.count - 1]
        for _ in TestScale.seeds(100) { cuts.append(Int(random.uniform(in: 0...Int64(whole.count - 1)))) }
        var (salvaged, partly) = (0, 0)
        for cut in cuts {
            try whole.prefix(cut).write(to: URL(filePath: place.copy))
            #expect(throws: TapeError.self, "cut at \(cut)") { _ = try Self.blocks(JournalReader(opening: place.copy)) }
            guard let reader = try? JournalReader(opening: place.copy, salvages: true) else { continue }
            let blocks = try Self.blocks(reader)
            for block in blocks { #expect(block.bytes == Self.bytes(block.sequence) && block.records == block.sequence + 1) }
            salvaged += blocks.isEmpty ? 0 : 1
            partly += !blocks.isEmpty && blocks.count < 60 ? 1 : 0
            #expect(blocks.count == 60 || !reader.losses.isEmpty, "cut at \(cut) of \(whole.count)")
        }
        #expect(salvaged > cuts.count / 2 && partly > cuts.count / 2, "\(salvaged) and \(partly) of \(cuts.count)")
    }

    @Test func `an overwritten block is refused, and a salvage passes over it alone`() throws {
        let place = try Place()
        let (store, _) = try Self.written(place.main, blocks: 60)
        try store.close(finalHash: 9, digest: sha256("all"))
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: place.main)))
        let victim = try #require(bytes.firstRange(of: Self.bytes(30)[100..<164]))
        bytes[victim.lowerBound] ^= 1
        try Data(bytes).write(to: URL(filePath: place.copy))
        #expect(throws: TapeError.self) { _ = try Self.blocks(JournalReader(opening: place.copy)) }
        let reader = try JournalReader(opening: place.copy, salvages: true)
        #expect(try Self.blocks(reader).map(\.sequence) == (0..<60).filter { $0 != 30 })
        #expect(reader.losses.map(\.sequences) == [30...30])
    }
}

extension Place {
    fileprivate var main: String { folder + "/main.sqlite" }
    fileprivate var copy: String { folder + "/copy.sqlite" }
}
