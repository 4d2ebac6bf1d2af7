/// The best prices of a book and what it shows there.
@frozen public struct Touch: Hashable, BitwiseCopyable, Sendable {
    /// In ticks; the sentinels of `OrderBook` where a side is empty.
    public var bid: Int64
    public var ask: Int64
    public var bidLots: Int64
    public var askLots: Int64

    @inlinable public init(bid: Int64, ask: Int64, bidLots: Int64, askLots: Int64) {
        (self.bid, self.ask, self.bidLots, self.askLots) = (bid, ask, bidLots, askLots)
    }

    /// Nothing that could be relied on.
    public static let none = Touch(bid: OrderBook.noBid, ask: OrderBook.noAsk, bidLots: 0, askLots: 0)

    @inlinable public var hasBothSides: Bool { bid != OrderBook.noBid && ask != OrderBook.noAsk }
}

/// The way of a book's touch since it was last forgotten: what a price at a moment that has passed is asked of.
///
/// Of several changes at one instant the last stands. While the book can't be trusted, and once its feed has told nothing of it for
/// longer than a limit, there is no touch.
@safe public struct TouchTrail: ~Copyable {
    struct Step: BitwiseCopyable {
        var time: Timestamp
        var touch: Touch
    }

    /// Whether anybody asks: else nothing is written down.
    public private(set) var isKept = false
    /// Whether a silent feed makes the book stale: then it is told of every record of the book.
    public private(set) var hearsSilence = false
    private var silenceLimit = Nanoseconds.zero
    // Its element is not private: the compiler wants its layout where the trail is held.
    private var steps = List<Step>(capacity: 64)
    private var lastHeard = Timestamp.distantPast
    /// The step that was asked for last: the next question is likely about a later moment.
    private var hint = 0

    public init() {}

    /// - Parameter silenceLimit: Longer than this without a record of it, and the book is stale; nil if it never is.
    public mutating func keep(silenceLimit: Nanoseconds?) {
        isKept = true
        hearsSilence = silenceLimit != nil
        self.silenceLimit = silenceLimit ?? .zero
        steps.removeAll()
        steps.append(Step(time: .distantPast, touch: .none))
    }

    /// A record of the book comes, and has not changed it yet; trades and quotes say nothing of it.
    @inline(__always)
    public mutating func hear(at time: Timestamp) {
        // The first record of all ends no silence.
        if lastHeard != .distantPast, time - lastHeard > silenceLimit { endSilence(time) }
        lastHeard = time
    }

    @inline(never)
    private mutating func endSilence(_ time: Timestamp) {
        let touch = steps[steps.count - 1].touch
        steps.append(Step(time: lastHeard + silenceLimit + Nanoseconds(count: 1), touch: .none))
        steps.append(Step(time: time, touch: touch))
    }

    /// What the book shows after a record, or once it is trusted or not trusted any more.
    @inline(__always)
    public mutating func note(_ touch: Touch, at time: Timestamp) {
        let last = steps.count - 1
        if steps[last].time == time {
            steps[last].touch = touch
        } else if steps[last].touch != touch {
            steps.append(Step(time: time, touch: touch))
        }
    }

    /// The touch at a moment, after all that happened then; `none` where there was none to rely on.
    ///
    /// - Precondition: The moment is not before the trail was last forgotten.
    @inline(__always)
    public mutating func touch(at time: Timestamp) -> Touch {
        if hearsSilence, lastHeard == .distantPast || time - lastHeard > silenceLimit { return .none }
        if hint >= steps.count || steps[hint].time > time { hint = 0 }
        while hint + 1 < steps.count, steps[hint + 1].time <= time { hint += 1 }
        return steps[hint].touch
    }

    /// Nobody asks about what was before the last record any more.
    public mutating func forget() {
        guard steps.count > 1 else { return }
        let last = steps[steps.count - 1]
        steps.removeAll()
        steps.append(last)
        hint = 0
    }
}
