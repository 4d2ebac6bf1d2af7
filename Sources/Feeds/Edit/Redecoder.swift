internal import Market
public import Tape

/// Decodes the raw frames of a tape again, with today's parsers, into a new tape; the old one stays as it is.
///
/// Frames keep their places, so that records name theirs as before. A feed without raw frames is an error: its records can't be made
/// again, and a tape that silently lacks them would be worse.
public struct Redecoder {
    /// What came of one feed.
    public struct Outcome: Sendable, Equatable {
        public var feed: String
        public var records: Int64
        /// Records that the old tape has.
        public var before: Int64
        /// Frames that can't be read.
        public var unparsed: Int64
    }

    private let tape: Tape
    private let replace: Bool
    private let progress: (Double) -> Void

    public init(_ tape: Tape, replace: Bool = false, progress: @escaping (Double) -> Void = { _ in }) {
        self.tape = tape
        self.replace = replace
        self.progress = progress
    }

    /// - Throws: `FeedError`; nothing is left of the output then.
    public func write(to path: String) throws(FeedError) -> [Outcome] {
        let writer: TapeWriter
        do throws(TapeError) { writer = try TapeWriter(creating: path, replacing: replace) } catch { throw .tape(error) }
        let copy = TapeCopy(tape, writer)
        var (outcomes, done, total) = ([Outcome](), Int64(0), Int64(1))
        for (index, summary) in tape.feeds.enumerated() {
            let frames: Int64
            do throws(TapeError) { frames = try tape.frames(InstrumentID(index)).count } catch { throw .tape(error) }
            guard frames > 0 else { throw .noFrames(path: tape.path, feed: summary.description.name) }
            total += frames
        }
        for index in tape.feeds.indices {
            var feed = try RedecodedFeed(tape, InstrumentID(index), writer, copy)
            outcomes.append(
                try feed.run {
                    done += 1
                    if done % 1_024 == 0 { progress(Double(done) / Double(total)) }
                })
        }
        do throws(TapeError) {
            try copy.notes(from: .distantPast, to: .never, gaps: false)
            try copy.ownerlessFrames(from: .distantPast, to: .never, offset: 0)
            try writer.close()
        } catch { throw .tape(error) }
        return outcomes
    }
}
