import Market
import Tape

/// What a tape says of one market, put together as simply as can be.
struct TapeBooks {
    /// Sizes by price; asks under the negative of theirs.
    typealias Levels = [Int64: Int64]

    struct Trade: Hashable {
        var ticks: Int64
        var lots: Int64
        var isSell: Bool
    }

    private struct Frame {
        var number: Int64
        var isFull: Bool
        var changes: [(key: Int64, lots: Int64)]
    }

    struct NoFeed: Error {
        var symbol: String
    }

    /// Frames of the book; nil where records are missing.
    private var frames: [Frame?] = []
    private(set) var trades: [Int64: Trade] = [:]
    private(set) var tradeCount = 0
    private(set) var gaps = 0

    init(_ path: String, symbol: String) throws {
        let tape = try Tape(opening: path)
        guard let feed = tape.feeds.firstIndex(where: { $0.description.instrument.venueSymbol == symbol }) else {
            throw NoFeed(symbol: symbol)
        }
        let reader = try tape.reader(feed: InstrumentID(feed))
        let batch = EventBatch()
        var frame: Frame?
        while try reader.next(into: batch) {
            for event in batch {
                switch event.kind {
                case .level:
                    if event.isFirst { frame = Frame(number: event.detail, isFull: event.flags.contains(.snapshot), changes: []) }
                    frame?.changes.append((event.side == .sell ? -event.price : event.price, event.quantity))
                    if event.isLast, let whole = frame { frames.append(whole) }
                case .trade:
                    trades[event.detail] = Trade(ticks: event.price, lots: event.quantity, isSell: event.side == .sell)
                    tradeCount += 1
                case .gap:
                    frames.append(nil)
                    gaps += 1
                default: break
                }
            }
        }
    }

    /// The frames in order, each with the book that it leaves; none while the book is not known.
    ///
    /// Frames of a tape that has no numbers are counted from 1, without full books that change nothing.
    func walk(_ body: (_ number: Int64, _ book: Levels) -> Void) {
        var (book, count): (Levels?, Int64) = (nil, 0)
        for frame in frames {
            guard let frame else {
                book = nil
                continue
            }
            let before = book
            if frame.isFull { book = [:] }
            guard book != nil else { continue }
            for change in frame.changes { book?[change.key] = change.lots == 0 ? nil : change.lots }
            guard let book, frame.number > 0 || !frame.isFull || book != before else { continue }
            count += 1
            body(frame.number > 0 ? frame.number : count, book)
        }
    }

    var numbers: [Int64] {
        var numbers: [Int64] = []
        walk { number, _ in numbers.append(number) }
        return numbers
    }

    /// The first full book after the last gap, as a place among the frames; nil where there is none.
    var hasBookAfterLastGap: Bool {
        let after = frames.lastIndex { $0 == nil }.map { frames[($0 + 1)...] } ?? frames[...]
        return after.contains { $0?.isFull == true }
    }
}
