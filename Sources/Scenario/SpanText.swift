public import Market

extension Nanoseconds {
    /// A span as scenarios write it, such as `10 min` or `250ms`.
    ///
    /// - Throws: `SpanTextError` saying what is wrong with it.
    public init(spanText text: String) throws(SpanTextError) {
        do { self = try UnitText.duration(text) } catch { throw SpanTextError(message: error.message, hint: error.hint) }
    }
}

/// A text that is no span of time.
public struct SpanTextError: Error, Hashable, Sendable {
    public var message: String
    public var hint: String?
}
