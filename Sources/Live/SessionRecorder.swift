internal import Market
internal import Runtime
internal import Tape
internal import Venues

/// Hands to a recorder what a session of public streams tells, with the frames that told it.
///
/// It belongs to its event loop; the recorder writes on a thread of its own.
final class SessionRecorder {
    private let recorder: MarketRecorder
    private let venue: String
    private let clock: WallClock
    /// The recorder's feeds by the instruments of the session.
    private let feeds: [InstrumentID: InstrumentID]
    /// Items that the recorder had no place for.
    private(set) var lost = 0
    private var tapes = 0
    private var toldOffset: Nanoseconds?

    /// Connections as the recorder numbers them: streams, then requests.
    static let streamConnection: UInt16 = 1
    static let requestConnection: UInt16 = 2

    /// - Parameters:
    ///   - instruments: The recorder's feeds, in this order.
    ///   - path: Of the *n*th tape, from 0, begun at a time.
    init(
        _ venue: String, _ instruments: [(id: InstrumentID, instrument: Instrument)], _ options: MarketRecorder.Options, _ clock: WallClock,
        path: @escaping @Sendable (Int, Timestamp) -> String
    ) throws(TapeError) {
        (self.venue, self.clock) = (venue, clock)
        feeds = Dictionary(uniqueKeysWithValues: instruments.enumerated().map { ($1.id, InstrumentID($0)) })
        let connection = MarketRecorder.Connection(venue: venue, account: nil)
        recorder = try MarketRecorder(
            feeds: instruments.map { FeedDescription(instrument: $0.instrument, source: "recorded") },
            connections: [connection, connection],
            options: options, clock: { clock.now }, path: path)
    }

    var state: MarketRecorder.State { recorder.state }
    func close(ending: String) throws(TapeError) { try recorder.close(ending: ending) }

    private func offer(_ item: RecorderItem) { if !recorder.offer(item) { lost += 1 } }

    /// Whether another tape has begun since the last call, which has no book.
    func hasNewTape() -> Bool {
        guard case .recording(let tape, _) = recorder.state, tape != tapes else { return false }
        defer { tapes = tape }
        return tapes > 0
    }

    func note(_ offset: ClockOffset) {
        guard let error = offset.error, offset.offset != toldOffset else { return }
        toldOffset = offset.offset
        offer(.note(.clockOffset(venue: venue, time: clock.now, offset: offset.offset, error: error)))
    }

    func noteConnection(_ state: String, at time: Timestamp, _ note: String = "") {
        offer(.note(.connectionState(connection: Self.streamConnection, time: time, state: state, note: note)))
    }

    func header(_ connection: UInt16, _ now: Timestamp) -> FrameHeader {
        FrameHeader(feed: nil, receiveTime: now, monotonicTime: clock.monotonic, connection: connection)
    }

    /// What the session told by itself: a feed misses something.
    func keep(_ events: [MarketEvent], because: String) {
        for gap in events where gap.kind == .gap {
            let cause = GapCause(rawValue: gap.price) ?? .connection
            guard let feed = feeds[gap.instrument] else { continue }
            offer(.gap(feed: feed, time: gap.receiveTime, cause: cause, note: because))
        }
    }

    /// A frame, and what the session told by it.
    ///
    /// - Parameter about: The instrument that the frame is about, where it told nothing.
    func keep(_ header: FrameHeader, _ bytes: [UInt8], _ events: [MarketEvent], about: InstrumentID?, _ alarms: [SessionAlarm]) {
        var numbered = events
        for index in numbered.indices { numbered[index].instrument = feeds[events[index].instrument] ?? events[index].instrument }
        let difference = alarms.last { $0.kind == .bookDiffers }?.text
        for gap in numbered where gap.kind == .gap {
            let cause = GapCause(rawValue: gap.price) ?? .sequence
            offer(.note(.gap(feed: gap.instrument, time: gap.receiveTime, cause: cause, note: difference ?? "")))
        }
        if let first = numbered.first, numbered.contains(where: { $0.flags.contains(.snapshot) && $0.isFirst }) {
            offer(.note(.resync(feed: first.instrument, time: header.receiveTime, note: "a full book")))
        }
        var header = header
        header.feed = numbered.first?.instrument ?? about.flatMap { feeds[$0] }
        if let reason = alarms.last(where: { $0.kind == .notUnderstood })?.text {
            offer(.unparsed(header, bytes, reason: reason))
        } else {
            offer(.frame(header, bytes, events: numbered))
        }
    }
}
