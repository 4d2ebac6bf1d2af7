@testable import Runtime

/// A border log in memory.
final class MemoryBorder: BorderLog {
    private(set) var entries: [BorderEntry] = []

    func append(_ record: BorderRecord, _ bytes: Span<UInt8>) { entries.append(BorderEntry(record, bytes)) }
}

/// Reads one.
final class MemoryBorderSource: BorderSource {
    private var entries: ArraySlice<BorderEntry>

    init(_ entries: [BorderEntry]) { self.entries = entries[...] }

    func next() throws(RunError) -> BorderEntry? { entries.popFirst() }
}
