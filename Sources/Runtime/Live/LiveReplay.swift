internal import Market
public import Trading
internal import Venues

extension BorderRecord {
    /// What goes out, with its bytes but for its secrets.
    static func of(
        _ action: SessionAction, _ session: any VenueSession, _ index: Int, at now: Timestamp
    ) -> (record: BorderRecord, bytes: [UInt8]) {
        func record(_ kind: Kind, _ number: UInt64, _ detail: Int = 0) -> BorderRecord {
            BorderRecord(kind, session: index, at: now, number: number, detail: detail)
        }
        let bytes = session.bytesWithoutSecrets(of: action)
        return switch action {
        case .open(let socket): (record(.open, UInt64(socket.rawValue)), bytes)
        case .close(let socket): (record(.close, UInt64(socket.rawValue)), bytes)
        case .send(let socket, _): (record(.send, UInt64(socket.rawValue)), bytes)
        case .ping(let socket): (record(.ping, UInt64(socket.rawValue)), bytes)
        case .request(let id, _, let lane): (record(.request, id.rawValue, lane), bytes)
        }
    }
}

/// Feeds what came to a live run to a fresh one, and compares what goes.
///
/// The fresh run is built from the same scenario, with any keys: secrets are compared by nobody.
public struct LiveReplay {
    /// The first thing that was not as it had been.
    public struct Difference: Hashable, Sendable {
        /// Its number among all records, from 1.
        public var number: Int
        /// What went then; nil: nothing more.
        public var expected: MemoryBorder.Entry?
        /// What goes now.
        public var found: MemoryBorder.Entry?
    }

    private let live: LiveCore
    private let found: MemoryBorder
    private var number = 0
    /// Place in `found` of what the run's next record is compared with.
    private var next = 0

    /// - Parameter make: Builds the run, with the border log that it is given.
    public init(_ make: (any BorderLog) -> LiveCore) {
        let found = MemoryBorder()
        self.init(make(found), found)
    }

    /// - Parameter found: The border log of `live`.
    init(_ live: LiveCore, _ found: MemoryBorder) { (self.live, self.found) = (live, found) }

    /// The core, as far as it has come.
    public var core: TradingCore { live.core }

    /// Takes the next record of the run; returns what differs, if anything does.
    public mutating func take(_ entry: MemoryBorder.Entry) -> Difference? {
        number += 1
        guard entry.record.kind.comes else {
            defer { next += 1 }
            let made = next < found.entries.count ? found.entries[next] : nil
            return made == entry ? nil : Difference(number: number, expected: entry, found: made)
        }
        if next < found.entries.count { return Difference(number: number, expected: nil, found: found.entries[next]) }
        apply(entry)
        // What came is the first of what was logged; what goes follows it.
        next += 1
        while live.nextAction() != nil {}
        return nil
    }

    private func apply(_ entry: MemoryBorder.Entry) {
        let (record, session) = (entry.record, Int(entry.record.session))
        let (socket, id) = (SocketID(Int(truncatingIfNeeded: record.number)), RequestID(record.number))
        let text = String(decoding: entry.bytes.prefix(1_024), as: UTF8.self)
        switch record.kind {
        case .start: live.start(at: record.time)
        case .opened: live.opened(socket, of: session, at: record.time)
        case .closed: live.closed(socket, of: session, at: record.time)
        case .heard: live.heard(socket, of: session, at: record.time)
        case .frame: live.receive(entry.bytes.span, from: socket, of: session, at: record.time)
        case .answered: live.answer(id, .answered(status: Int(record.detail), body: entry.bytes), of: session, at: record.time)
        case .notSent: live.answer(id, .notSent(reason: text), of: session, at: record.time)
        case .unanswered: live.answer(id, .unknown(reason: text), of: session, at: record.time)
        case .wake: live.wake(at: record.time)
        case .stop: live.stop(StopReason(rawValue: UInt8(truncatingIfNeeded: record.number)) ?? .endOfData, at: record.time)
        case .operatorStop: live.receive(.stop, at: record.time)
        case .kill: live.receive(.kill(KillLevel(rawValue: UInt8(truncatingIfNeeded: record.number)) ?? .flatten), at: record.time)
        case .flatten: live.receive(.flatten, at: record.time)
        case .open, .close, .send, .ping, .request: preconditionFailure("what goes is not fed")
        }
    }
}
