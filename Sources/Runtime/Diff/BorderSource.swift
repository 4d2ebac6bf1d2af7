/// What crossed the border of a live run, in order, wherever it is kept.
public protocol BorderSource: AnyObject {
    /// The next record with its bytes; nil at the end.
    func next() throws(RunError) -> MemoryBorder.Entry?
}

/// A border log that is in memory.
public final class MemoryBorderSource: BorderSource {
    private var entries: ArraySlice<MemoryBorder.Entry>

    public init(_ entries: [MemoryBorder.Entry]) { self.entries = entries[...] }

    public func next() throws(RunError) -> MemoryBorder.Entry? { entries.popFirst() }
}
