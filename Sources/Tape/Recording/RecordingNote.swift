public import Market

/// What a recorder notes beside events and frames; each is a row of a plain table of its name.
public enum RecordingNote: Hashable, Sendable {
    /// Records of a feed are missing before `time`. The feed's records say so too, by a `gap` record.
    case gap(feed: InstrumentID, time: Timestamp, cause: GapCause, note: String)
    /// A feed's book was asked for anew or came anew.
    case resync(feed: InstrumentID, time: Timestamp, note: String)
    /// - Parameter state: The connection's own word, such as `open` or `closed`.
    case connectionState(connection: UInt16, time: Timestamp, state: String, note: String)
    /// The venue's clock minus ours, and how far that may be wrong.
    case clockOffset(venue: String, time: Timestamp, offset: Nanoseconds, error: Nanoseconds)
}

/// From when until when a recorder ran.
public struct RecordingSpan: Hashable, Sendable {
    public var first: Timestamp
    /// Of the last commit.
    public var last: Timestamp
    /// Why it ended; nil while it runs, and for ever when it was killed.
    public var ending: String?

    public init(first: Timestamp, last: Timestamp, ending: String?) {
        self.first = first
        self.last = last
        self.ending = ending
    }
}

/// An instrument's terms and the time that they held.
public struct InstrumentTerms: Hashable, Sendable {
    public var instrument: Instrument
    public var validFrom: Timestamp
    /// nil: they hold still.
    public var validTo: Timestamp?
}

extension Tape {
    /// Everything noted, by time; of equal times gaps first, then resyncs, connection states and clock offsets.
    public func notes() throws(TapeError) -> [RecordingNote] {
        var notes: [(time: Int64, note: RecordingNote)] = []
        let gaps = try database.prepare("SELECT feed, time, cause, note FROM gap ORDER BY rowid")
        while try gaps.step() {
            let time = gaps.integer(1)
            notes.append(
                (
                    time,
                    .gap(
                        feed: InstrumentID(Int(gaps.integer(0))), time: Timestamp(nanoseconds: time),
                        cause: GapCause(rawValue: gaps.integer(2)) ?? .sequence, note: gaps.text(3))
                ))
        }
        guard version >= 2 else { return notes.map(\.note) }
        let resyncs = try database.prepare("SELECT feed, time, note FROM resync ORDER BY rowid")
        while try resyncs.step() {
            let time = resyncs.integer(1)
            let feed = InstrumentID(Int(resyncs.integer(0)))
            notes.append((time, .resync(feed: feed, time: Timestamp(nanoseconds: time), note: resyncs.text(2))))
        }
        let states = try database.prepare("SELECT connection, time, state, note FROM connection_state ORDER BY rowid")
        while try states.step() {
            let time = states.integer(1)
            let connection = UInt16(truncatingIfNeeded: states.integer(0))
            notes.append(
                (
                    time,
                    .connectionState(
                        connection: connection, time: Timestamp(nanoseconds: time), state: states.text(2), note: states.text(3))
                ))
        }
        let offsets = try database.prepare("SELECT venue, time, offset, error FROM clock_offset ORDER BY rowid")
        while try offsets.step() {
            let time = offsets.integer(1)
            notes.append(
                (
                    time,
                    .clockOffset(
                        venue: offsets.text(0), time: Timestamp(nanoseconds: time), offset: Nanoseconds(count: offsets.integer(2)),
                        error: Nanoseconds(count: offsets.integer(3)))
                ))
        }
        return notes.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element.note)
    }

    /// When a recorder wrote this tape; empty for imports.
    public func spans() throws(TapeError) -> [RecordingSpan] {
        guard version >= 2 else { return [] }
        let statement = try database.prepare("SELECT first, last, ending FROM span ORDER BY id")
        var spans: [RecordingSpan] = []
        while try statement.step() {
            spans.append(
                RecordingSpan(
                    first: Timestamp(nanoseconds: statement.integer(0)), last: Timestamp(nanoseconds: statement.integer(1)),
                    ending: statement.isNull(2) ? nil : statement.text(2)))
        }
        return spans
    }

    /// A feed's terms over time, indexed as `instrumentChange` records do. Without any noted: those of the feed, always.
    public func terms(_ feed: InstrumentID) throws(TapeError) -> [InstrumentTerms] {
        let always = InstrumentTerms(instrument: feeds[feed.index].description.instrument, validFrom: .distantPast, validTo: nil)
        guard version >= 2 else { return [always] }
        let statement = try database.prepare(
            """
            SELECT valid_from, valid_to, tick_size, lot_size, contract_size, minimum_quantity, minimum_notional, funding_interval
            FROM instrument WHERE feed = ? ORDER BY number
            """)
        statement.bind(Int64(feed.index), at: 1)
        var terms: [InstrumentTerms] = []
        while try statement.step() {
            let instrument = always.instrument
            guard statement.integer(2) > 0, statement.integer(3) > 0,
                Contract.lotUnit(lotSize: statement.integer(3), contractSize: statement.integer(4)) != nil
            else {
                throw .damaged(path: path, reason: "its table of instruments has an impossible row")
            }
            terms.append(
                InstrumentTerms(
                    instrument: Instrument(
                        symbol: instrument.symbol, venue: instrument.venue, venueSymbol: instrument.venueSymbol, kind: instrument.kind,
                        base: instrument.base, quote: instrument.quote, tickSize: FinePrice(nanos: statement.integer(2)),
                        lotSize: statement.integer(3), contractSize: statement.integer(4),
                        minimumQuantity: Quantity(lots: statement.integer(5)), minimumNotional: statement.integer(6),
                        fundingInterval: statement.isNull(7) ? nil : Nanoseconds(count: statement.integer(7))),
                    validFrom: Timestamp(nanoseconds: statement.integer(0)),
                    validTo: statement.isNull(1) ? nil : Timestamp(nanoseconds: statement.integer(1))))
        }
        return terms.isEmpty ? [always] : terms
    }

    /// Frames that could not be read, of one feed: their index among its raw frames, and why.
    public func unparsedFrames(_ feed: InstrumentID?) throws(TapeError) -> [(frame: UInt32, reason: String)] {
        guard version >= 2 else { return [] }
        let statement = try database.prepare("SELECT frame, reason FROM unparsed_frame WHERE feed = ? ORDER BY frame")
        statement.bind(Int64(feed?.index ?? -1), at: 1)
        var frames: [(UInt32, String)] = []
        while try statement.step() { frames.append((UInt32(truncatingIfNeeded: statement.integer(0)), statement.text(1))) }
        return frames
    }

    /// Blocks of a run's journal that was kept beside the market, in order.
    public func journalBlocks(run: String) throws(TapeError) -> [JournalBlock] {
        guard version >= 2 else { return [] }
        let statement = try database.prepare(
            "SELECT sequence, records, first_time, last_time, hash_after, data FROM journal WHERE run = ? ORDER BY sequence")
        statement.bind(run, at: 1)
        let decompressor = Decompressor()
        var blocks: [JournalBlock] = []
        while try statement.step() {
            if let reason = unsafe decompressor.decompress(statement.bytes(5), limit: 1 << 26) {
                throw .damaged(path: path, reason: "journal block \(statement.integer(0)) of \(run): \(reason)")
            }
            blocks.append(
                JournalBlock(
                    bytes: decompressor.withOutput { bytes in bytes.indices.map { bytes[$0] } }, records: Int(statement.integer(1)),
                    times: Timestamp(
                        nanoseconds: statement.integer(2))...Timestamp(
                            nanoseconds: max(statement.integer(2), statement.integer(3))),
                    hashAfter: UInt64(statement.text(4), radix: 16) ?? 0))
        }
        return blocks
    }
}

/// Whole records of a run's journal, as the core encoded them.
public struct JournalBlock: Hashable, Sendable {
    public var bytes: [UInt8]
    public var records: Int
    public var times: ClosedRange<Timestamp>
    /// The journal's running hash behind them.
    public var hashAfter: UInt64

    public init(bytes: [UInt8], records: Int, times: ClosedRange<Timestamp>, hashAfter: UInt64) {
        self.bytes = bytes
        self.records = records
        self.times = times
        self.hashAfter = hashAfter
    }
}
