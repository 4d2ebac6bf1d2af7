public import Market

/// The questions that are asked of one account before a run begins, one after another: without a socket, and by a clock that it is told.
///
/// A question that has no answer is a trouble among the facts, and the next one is asked. Nothing that it asks changes anything.
public protocol VenueInquiry: Sendable {
    /// What is asked next; nil when that was all. Each has to be answered before the next is taken.
    mutating func next(at now: Timestamp) -> HTTPRequest?
    mutating func answer(_ outcome: HTTPOutcome, at now: Timestamp)
    /// As far as they have been told.
    var facts: AccountFacts { get }
}
