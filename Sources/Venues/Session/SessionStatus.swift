public import Market

/// How one of a session's streams is, for a person who looks.
public struct StreamStatus: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable { case down, opening, up, stalled }

    /// Whose it is; nil: the public one.
    public var account: AccountID?
    public var state: State
    /// When something came last; `.distantPast` if nothing ever did.
    public var heardAt: Timestamp

    public init(account: AccountID?, state: State, heardAt: Timestamp) {
        (self.account, self.state, self.heardAt) = (account, state, heardAt)
    }
}

/// How much of an account's requests is used up.
public struct RequestUse: Hashable, Sendable {
    public var used: Int
    public var limit: Int
    /// Of the limit, what quotes leave to what reduces risk.
    public var reserved: Int
    public var span: Nanoseconds

    public init(used: Int, limit: Int, reserved: Int, span: Nanoseconds) {
        (self.used, self.limit, self.reserved, self.span) = (used, limit, reserved, span)
    }
}
