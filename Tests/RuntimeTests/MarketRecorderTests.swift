import Foundation
import Market
import Synchronization
import Tape
import TestSupport
import Testing

@testable import Runtime

@Suite struct MarketRecorderTests {
    private static let midnight = Timestamp(nanoseconds: 1_700_006_400_000_000_000)
    private static let feed = FeedDescription(
        instrument: Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC_PERP", kind: .linear, base: Currency("BTC")!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000), source: "live")

    /// A wall clock that a test sets.
    private final class Clock: Sendable {
        private let time: Mutex<Timestamp>
        init(_ time: Timestamp) { self.time = Mutex(time) }
        var now: Timestamp {
            get { time.withLock { $0 } }
            set { time.withLock { $0 = newValue } }
        }
    }

    private struct Place {
        private let scratch: TestFolder
        var folder: String { scratch.path }
        init() throws { scratch = try TestFolder() }

        func recorder(_ clock: Clock, _ options: MarketRecorder.Options) throws -> MarketRecorder {
            try MarketRecorder(
                feeds: [MarketRecorderTests.feed], connections: [.init(venue: "v", account: nil)], options: options,
                clock: { clock.now }, path: { [folder] number, _ in "\(folder)/\(number).tape" })
        }

        func read(_ number: Int) throws -> (frames: [StoredFrame], events: [MarketEvent], spans: [RecordingSpan]) {
            let tape = try Tape(opening: "\(folder)/\(number).tape")
            let (frameReader, reader) = (try tape.frameReader(feed: InstrumentID(0)), try tape.reader(feed: InstrumentID(0)))
            var (frames, events, chunk) = ([StoredFrame](), [MarketEvent](), EventBatch())
            while let frame = try frameReader.next() { frames.append(frame) }
            while try reader.next(into: chunk) { events += chunk }
            return (frames, events, try tape.spans())
        }
    }

    private static func options(reserve: Int64 = 0) -> MarketRecorder.Options {
        var options = MarketRecorder.Options()
        options.tape.diskReserve = reserve
        return options
    }

    /// The `index`th frame and the one record in it.
    private static func item(_ index: Int, at time: Timestamp) -> RecorderItem {
        .frame(
            FrameHeader(feed: InstrumentID(0), receiveTime: time, monotonicTime: Int64(index), connection: 1),
            Array("frame \(index)".utf8),
            events: [
                MarketEvent(kind: .level, instrument: InstrumentID(0), venueTime: time, receiveTime: time, quantity: Int64(index))
            ])
    }

    private static func waitFor(_ recorder: MarketRecorder, _ isRight: (MarketRecorder.State) -> Bool) -> MarketRecorder.State {
        while !isRight(recorder.state) { usleep(1_000) }
        return recorder.state
    }

    @Test func `what one thread offers is in the tapes, whole and in order, over a midnight`() throws {
        let (place, clock) = (try Place(), Clock(Self.midnight - .seconds(10)))
        let recorder = try place.recorder(clock, Self.options())
        for index in 0..<5_000 { #expect(recorder.offer(Self.item(index, at: clock.now))) }
        clock.now = Self.midnight + .seconds(1)
        let state = Self.waitFor(recorder) { if case .recording(2, _) = $0 { true } else { false } }
        #expect(state == .recording(tape: 2, path: "\(place.folder)/1.tape"))
        for index in 5_000..<6_000 { #expect(recorder.offer(Self.item(index, at: clock.now))) }
        try recorder.close(ending: "enough")
        #expect(recorder.state == .closed && !recorder.offer(Self.item(0, at: clock.now)))
        let tapes = try [place.read(0), place.read(1)]
        #expect(tapes[0].frames.count + tapes[1].frames.count == 6_000 && tapes[1].frames.count >= 1_000)
        #expect((tapes[0].events + tapes[1].events).map(\.quantity) == (0..<6_000).map { Int64($0) })
        for tape in tapes {
            #expect(tape.events.map(\.frame) == tape.events.indices.map { UInt32($0) })
            #expect(zip(tape.frames, tape.events).allSatisfy { $0.bytes == Array("frame \($1.quantity)".utf8) })
        }
        #expect(tapes.map { $0.spans.map(\.ending) } == [["goes on in another tape"], ["enough"]])
    }

    @Test func `what finds no place in the queue is a gap in its feed`() throws {
        let (place, clock) = (try Place(), Clock(Self.midnight))
        var options = Self.options()
        options.byteLimit = 200
        let recorder = try place.recorder(clock, options)
        let large = RecorderItem.frame(
            FrameHeader(feed: InstrumentID(0), receiveTime: clock.now), [UInt8](repeating: 7, count: 201), events: [])
        for _ in 0..<3 { #expect(!recorder.offer(large)) }
        #expect(recorder.lostItems == 3)
        #expect(recorder.offer(Self.item(1, at: clock.now)))
        try recorder.close()
        let tape = try place.read(0)
        #expect(tape.events.map(\.kind) == [.gap, .level])
        #expect(tape.events.map(\.quantity) == [0, 1])
        let notes = try Tape(opening: "\(place.folder)/0.tape").notes()
        #expect(
            notes == [
                .gap(feed: InstrumentID(0), time: Self.midnight, cause: .recording, note: "3 items found no place in the queue")
            ])
    }

    @Test func `a recorder whose disk is nearly full stops cleanly and says why`() throws {
        let (place, clock) = (try Place(), Clock(Self.midnight))
        let recorder = try place.recorder(clock, Self.options(reserve: .max))
        #expect(recorder.offer(Self.item(1, at: clock.now)))
        usleep(20_000)
        clock.now = Self.midnight + .seconds(1)
        let state = Self.waitFor(recorder) { if case .stopped = $0 { true } else { false } }
        guard case .stopped(let error) = state, case .diskReserve = error else {
            Issue.record("\(state)")
            return
        }
        #expect(!recorder.offer(Self.item(2, at: clock.now)))
        #expect(throws: error) { try recorder.close() }
        #expect(try place.read(0).spans.map(\.ending) == [error.message])
    }

    @Test func `a recorder goes on with the tape that it finds, and can't begin one nowhere`() throws {
        let (place, clock) = (try Place(), Clock(Self.midnight))
        for index in 0..<2 {
            let recorder = try place.recorder(clock, Self.options())
            #expect(recorder.offer(Self.item(index, at: clock.now)))
            try recorder.close()
        }
        let tape = try place.read(0)
        #expect(tape.events.map(\.kind) == [.level, .gap, .level], "what came between is missing")
        #expect(tape.events.map(\.quantity) == [0, 0, 1])
        #expect(tape.events[1].price == GapCause.recording.rawValue)
        #expect(tape.frames.map(\.header.connection) == [1, 2], "a connection is not one that was there before")
        try FileManager.default.removeItem(atPath: place.folder)
        #expect(throws: TapeError.notWritable(path: "\(place.folder)/0.tape", reason: "No such file or directory")) {
            try place.recorder(clock, Self.options())
        }
    }

    @Test(arguments: [
        (RecorderRotation(isDaily: true), 0, 86_399, Int64(1 << 40), false), (RecorderRotation(isDaily: true), 0, 86_400, 0, true),
        (RecorderRotation(isDaily: false, bytes: 100), 0, 999_999, 99, false),
        (RecorderRotation(isDaily: false, bytes: 100), 0, 1, 100, true),
    ])
    func `tapes change by day and by size`(_ rotation: RecorderRotation, _ opened: Int, _ now: Int, _ size: Int64, _ isDue: Bool) {
        func time(_ seconds: Int) -> Timestamp { Self.midnight + .seconds(Int64(seconds)) }
        #expect(Self.midnight.nanoseconds % Nanoseconds.hours(24).count == 0)
        #expect(rotation.isDue(opened: time(opened), now: time(now), size: size) == isDue)
    }
}
