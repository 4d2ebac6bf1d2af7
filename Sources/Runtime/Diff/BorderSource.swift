/// What crossed the border of a live run, in order, wherever it is kept.
public protocol BorderSource: AnyObject {
    /// The next record with its bytes; nil at the end.
    func next() throws(RunError) -> BorderEntry?
}
