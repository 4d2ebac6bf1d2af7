@testable import Runtime

/// A border log that is in memory.
final class MemoryBorderSource: BorderSource {
    private var entries: ArraySlice<MemoryBorder.Entry>

    init(_ entries: [MemoryBorder.Entry]) { self.entries = entries[...] }

    func next() throws(RunError) -> MemoryBorder.Entry? { entries.popFirst() }
}
