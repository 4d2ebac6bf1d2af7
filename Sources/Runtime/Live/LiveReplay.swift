internal import Market
internal import Trading
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

/// What a fresh run hands over, until it is compared.
private final class BorderCheck: BorderLog {
    private var entries: [BorderEntry] = []
    private var first = 0

    /// What goes; what came is known.
    func append(_ record: BorderRecord, _ bytes: Span<UInt8>) {
        guard !record.kind.comes else { return }
        entries.append(BorderEntry(record, bytes))
    }

    func next() -> BorderEntry? {
        guard first < entries.count else {
            entries.removeAll(keepingCapacity: true)
            first = 0
            return nil
        }
        first += 1
        return entries[first - 1]
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
        public var expected: BorderEntry?
        /// What goes now.
        public var found: BorderEntry?
    }

    /// The run, as far as it has come.
    public let live: LiveCore
    private let found = BorderCheck()
    private var number = 0

    /// - Parameter live: Freshly built.
    public init(_ live: LiveCore) {
        self.live = live
        live.border = found
    }

    /// Takes the next record of the run; returns what differs, if anything does.
    public mutating func take(_ entry: BorderEntry) -> Difference? {
        number += 1
        guard entry.record.kind.comes else {
            let made = found.next()
            return made == entry ? nil : Difference(number: number, expected: entry, found: made)
        }
        if entry.record.kind == .restart {
            // What followed from the last record before it may have been sent, and nobody recorded it.
            while found.next() != nil {}
        } else if let made = found.next() {
            return Difference(number: number, expected: nil, found: made)
        }
        apply(entry)
        while live.nextAction() != nil {}
        return nil
    }

    /// Whether something went that no record tells of: where the records end, a run that was killed may have done more.
    public func isAhead() -> Bool { found.next() != nil }

    private func apply(_ entry: BorderEntry) {
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
        case .hold: live.receive(.hold, at: record.time)
        case .release: live.receive(.release, at: record.time)
        case .restart: live.restart(at: record.time, nextOrder: OrderID(record.number))
        case .parameter: if let change = BorderRecord.change(entry.bytes) { live.receive(.set(change), at: record.time) }
        case .open, .close, .send, .ping, .request: preconditionFailure("what goes is not fed")
        }
    }
}
