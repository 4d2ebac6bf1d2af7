internal import Foundation
internal import Market
internal import Tape

/// The work of a recorder's thread. It is touched by that thread alone once it runs.
final class RecorderThread: @unchecked Sendable {
    let shared = MarketRecorder.Shared()
    private let feeds: [FeedDescription]
    private let connections: [MarketRecorder.Connection]
    private let options: MarketRecorder.Options
    private let queue: RecorderQueue
    private let clock: @Sendable () -> Timestamp
    private let path: @Sendable (Int, Timestamp) -> String
    private var recorder: TapeRecorder?
    private var opened = Timestamp(nanoseconds: 0)
    private var tapes = 0
    /// What a tape that was gone on with has of connections already, before ours.
    private var olderConnections: UInt16 = 0
    /// Items between two looks at the clock.
    private static let burst = 256
    private static let pause: UInt32 = 2_000

    init(
        _ feeds: [FeedDescription], _ connections: [MarketRecorder.Connection], _ options: MarketRecorder.Options, _ queue: RecorderQueue,
        _ clock: @escaping @Sendable () -> Timestamp, _ path: @escaping @Sendable (Int, Timestamp) -> String
    ) {
        self.feeds = feeds
        self.connections = connections
        self.options = options
        self.queue = queue
        self.clock = clock
        self.path = path
    }

    func open(_ path: String, at now: Timestamp) throws(TapeError) {
        let recorder: TapeRecorder
        do { recorder = try TapeRecorder(creating: path, at: now, options: options.tape) } catch {
            guard case .alreadyExists = error else { throw error }
            recorder = try TapeRecorder(resuming: path, at: now, options: options.tape)
        }
        // What a tape that is gone on with had of feeds already misses what came between.
        let older = recorder.feeds.count
        for (index, feed) in feeds.enumerated() {
            guard try recorder.addFeed(feed, at: now).index == index else {
                throw .unknownInstrument(path: path, name: feed.name, known: recorder.feeds.map(\.name))
            }
        }
        for (index, connection) in connections.enumerated() {
            let number = try recorder.addConnection(venue: connection.venue, account: connection.account)
            if index == 0 { olderConnections = number - 1 }
        }
        for feed in 0..<min(older, feeds.count) {
            let gap = RecorderItem.gap(feed: InstrumentID(feed), time: now, cause: .recording, note: "the recording goes on")
            try write(gap, to: recorder, at: now)
        }
        try recorder.commit(at: now)
        self.recorder = recorder
        opened = now
        tapes += 1
        shared.state = .recording(tape: tapes, path: path)
    }

    /// Until it is asked to end, or can't go on.
    func run() {
        do throws(TapeError) {
            while true {
                // Read before the queue: what was put before the question is taken before the answer.
                let ending = shared.ending
                let count = try takeSome()
                let now = clock()
                if try recorder?.advance(to: now) == true { try rotateIfDue(now) }
                guard count == 0 else { continue }
                if let ending {
                    try recorder?.close(at: now, ending: ending)
                    recorder = nil
                    shared.state = .closed
                    return
                }
                usleep(Self.pause)
            }
        } catch {
            // Of a disk that is nearly full the tape still ends well; of anything else what was committed is all there is.
            if case .diskReserve = error { try? recorder?.close(at: clock(), ending: error.message) }
            recorder = nil
            shared.state = .stopped(error)
        }
    }

    private func rotateIfDue(_ now: Timestamp) throws(TapeError) {
        guard let size = recorder?.fileSize, options.rotation.isDue(opened: opened, now: now, size: size) else { return }
        try recorder?.close(at: now, ending: "goes on in another tape")
        recorder = nil
        try open(path(tapes, now), at: now)
    }

    private func takeSome() throws(TapeError) -> Int {
        guard let recorder else { return 0 }
        let now = clock()
        var count = 0
        while count < Self.burst, let item = queue.take() {
            switch item {
            case .item(let item): try write(item, to: recorder, at: now)
            case .lost(let feed, let lost, let time):
                guard let feed else { continue }
                let gap = RecorderItem.gap(
                    feed: feed, time: time, cause: .recording, note: "\(lost) items found no place in the queue")
                try write(gap, to: recorder, at: now)
            }
            count += 1
        }
        return count
    }

    private func write(_ item: RecorderItem, to recorder: TapeRecorder, at now: Timestamp) throws(TapeError) {
        switch item {
        case .frame(let header, let bytes, let events):
            let frame = try recorder.appendFrame(numbered(header), bytes.span, at: now)
            for var event in events {
                event.frame = frame
                try recorder.append(event, at: now)
            }
        case .unparsed(let header, let bytes, let reason):
            try recorder.appendUnparsed(numbered(header), bytes.span, reason: reason, at: now)
        case .note(.connectionState(let connection, let time, let state, let note)):
            try recorder.note(.connectionState(connection: connection + olderConnections, time: time, state: state, note: note))
        case .note(let note): try recorder.note(note)
        case .gap(let feed, let time, let cause, let note):
            try recorder.note(.gap(feed: feed, time: time, cause: cause, note: note))
            try recorder.append(
                MarketEvent(kind: .gap, instrument: feed, venueTime: time, receiveTime: time, price: cause.rawValue), at: now)
        case .journal(let block, let run): try recorder.append(block, run: run)
        }
    }

    /// With the connection's number in this tape.
    private func numbered(_ header: FrameHeader) -> FrameHeader {
        var header = header
        if header.connection > 0 { header.connection += olderConnections }
        return header
    }
}
