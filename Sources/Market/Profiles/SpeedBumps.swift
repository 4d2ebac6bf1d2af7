/// How long a venue holds up what reaches its door, before anyone can see it.
public struct SpeedBumps: Hashable, BitwiseCopyable, Sendable {
    /// Which orders count as takers.
    public enum Takers: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        /// Market, immediate-or-cancel and fill-or-kill orders, and limits that are not post-only and would take from the
        /// venue's book at the moment they reach its door. What venues write of it is short: the moment, and that an amend
        /// counts as a maker, are inferred.
        case wouldTake = "would-take"
        /// Every order that is not post-only.
        case notPostOnly = "not-post-only"
    }

    public var takers: Takers
    /// Of orders that are no takers, and of amends.
    public var maker: Nanoseconds
    public var taker: Nanoseconds
    public var cancel: Nanoseconds

    public init(takers: Takers = .wouldTake, maker: Nanoseconds = .zero, taker: Nanoseconds = .zero, cancel: Nanoseconds = .zero) {
        self.takers = takers
        self.maker = maker
        self.taker = taker
        self.cancel = cancel
    }

    public var isNone: Bool { maker == .zero && taker == .zero && cancel == .zero }
}

extension SpeedBumps: CustomStringConvertible {
    /// Such as `maker 200 ms, taker 300 ms (would-take), cancel 200 ms`.
    public var description: String {
        func text(_ span: Nanoseconds) -> String { "\(Decimal.text(span.count, decimals: 6)) ms" }
        return "maker \(text(maker)), taker \(text(taker)) (\(takers.rawValue)), cancel \(text(cancel))"
    }
}

/// The speed bumps of one kind of account.
public struct SpeedBumpTier: Hashable, Sendable {
    public var name: String
    public var bumps: SpeedBumps

    public init(_ name: String, _ bumps: SpeedBumps) {
        self.name = name
        self.bumps = bumps
    }
}
