/// Lets the frames of one book through in the venue's order, and tells when some are missing.
///
///     waiting ──full book──▶ anchored ──frame that links──▶ live
///        ▲──────────────────────gap──────────────────────────┘
///     open: no full book is to come; changes pass, gaps are told
///     unnumbered: frames carry no numbers; everything passes
///
/// Every venue's numbering reduces to links: a frame names its last number and the number that it follows. For Binance
/// futures that is `pu`, for its spot and Backpack `U − 1`, for Bybit `u − 1`, for Lighter `begin_nonce` or `offset − 1`.
/// It holds no frame itself: the caller keeps those it is told to hold, and offers them again after the next full book.
public struct BookSync: Sendable {
    /// The numbers of one frame.
    public struct Numbers: Hashable, BitwiseCopyable, Sendable {
        /// The number that the frame follows.
        public var previous: Int64
        /// The last number it contains.
        public var last: Int64

        @inlinable public init(previous: Int64, last: Int64) {
            self.previous = previous
            self.last = last
        }

        /// Of a full book.
        @inlinable public init(through last: Int64) { self.init(previous: last, last: last) }
    }

    public enum Start: Sendable {
        /// Changes wait for a full book.
        case fullBook
        /// The stream or recording has no full book.
        case changesOnly
        /// Frames carry no numbers.
        case unnumbered
    }

    public enum Action: Equatable, Sendable {
        case apply
        /// Keep the frame for the next full book.
        case hold
        /// Numbers are missing before the frame. The book is not to be trusted; the frame waits for the next full book.
        case gapThenHold
        /// Numbers are missing before the frame, and no full book will come.
        case gapThenApply
        /// Older than the book.
        case drop
    }

    private enum State {
        case waiting
        /// A full book came; the frame that links to it has not. Frames may overlap the book.
        case anchored(through: Int64)
        case live(last: Int64)
        case open(last: Int64?)
        case unnumbered
    }

    private var state: State

    public init(_ start: Start) {
        switch start {
        case .fullBook: state = .waiting
        case .changesOnly: state = .open(last: nil)
        case .unnumbered: state = .unnumbered
        }
    }

    /// Whether the book is complete as far as the numbers tell.
    public var isSynchronised: Bool {
        switch state {
        case .anchored, .live: true
        case .waiting, .open, .unnumbered: false
        }
    }

    /// A full book, which replaces everything known.
    public mutating func receiveBook(_ numbers: Numbers) {
        switch state {
        case .unnumbered: break
        case .waiting, .anchored, .live, .open: state = .anchored(through: numbers.last)
        }
    }

    public mutating func receiveChanges(_ numbers: Numbers) -> Action {
        switch state {
        case .unnumbered: return .apply
        case .waiting: return .hold
        case .anchored(let book):
            // A frame that ends with the book's own number repeats what the book has: sizes are absolute.
            if numbers.last < book { return .drop }
            return link(numbers, fits: numbers.previous <= book)
        case .live(let last):
            if numbers.last <= last { return .drop }
            return link(numbers, fits: numbers.previous == last)
        case .open(let last):
            if let last, numbers.last <= last { return .drop }
            state = .open(last: numbers.last)
            return last == nil || last == numbers.previous ? .apply : .gapThenApply
        }
    }

    /// The connection was lost or the recording broken off: what comes next waits for a full book.
    public mutating func lose() {
        switch state {
        case .unnumbered: break
        case .open: state = .open(last: nil)
        case .waiting, .anchored, .live: state = .waiting
        }
    }

    private mutating func link(_ numbers: Numbers, fits: Bool) -> Action {
        state = fits ? .live(last: numbers.last) : .waiting
        return fits ? .apply : .gapThenHold
    }
}
