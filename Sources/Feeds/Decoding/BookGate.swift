/// Lets the frames of one feed's book through in the venue's order.
///
///     waiting ──full book──▶ live
///        ▲──────gap──────────┘          open: no full book is to come; changes pass, gaps are told
///
/// Every numbering reduces to links: a frame names its last number and the number it follows (`pu`, `U − 1`, `u − 1`,
/// `begin_nonce`).
struct BookGate {
    private enum State {
        /// Changes wait for a full book.
        case waiting
        /// A full book came; the frame that links to it is not there yet.
        case anchored(Int64)
        case live(last: Int64)
        /// The recording has no full book at all.
        case open(last: Int64?)
        /// Frames carry no numbers.
        case unnumbered
    }

    enum Action: Equatable {
        case apply
        /// Numbers are missing before it. The frame itself waits for the next full book.
        case gapThenHold
        /// Numbers are missing before it, and no full book will come: it passes.
        case gapThenApply
        case hold
        /// Older than the book.
        case drop
    }

    private var state: State

    init(_ rule: BookRule, expectsBook: Bool) {
        switch rule {
        case .unnumbered: state = .unnumbered
        case .binanceFutures, .binanceSpot, .counted: state = expectsBook ? .waiting : .open(last: nil)
        }
    }

    mutating func receiveBook(_ numbers: FrameNumbers) {
        switch state {
        case .unnumbered: break
        case .waiting, .anchored, .live, .open: state = .anchored(numbers.last)
        }
    }

    mutating func receiveChanges(_ numbers: FrameNumbers) -> Action {
        switch state {
        case .unnumbered: return .apply
        case .waiting: return .hold
        case .anchored(let book):
            if numbers.last < book { return .drop }
            return link(numbers, numbers.previous <= book)
        case .live(let last):
            if numbers.last <= last { return .drop }
            return link(numbers, numbers.previous == last)
        case .open(let last):
            if let last, numbers.last <= last { return .drop }
            state = .open(last: numbers.last)
            return last == nil || last == numbers.previous ? .apply : .gapThenApply
        }
    }

    private mutating func link(_ numbers: FrameNumbers, _ fits: Bool) -> Action {
        state = fits ? .live(last: numbers.last) : .waiting
        return fits ? .apply : .gapThenHold
    }
}
