import Foundation
import Market
import Tape

/// Plays an imported tape through the recorder's writer, which is told the receive times, and says what the tape takes before and
/// after it is closed, beside the frames' text, how fast its raw frames are read back, which have to be the imported ones, and how
/// fast it is written when nothing is waited for: in the time of one commit.
enum RecordBenchmark {
    static func run(_ source: String, _ out: String) throws(TapeError) {
        let tape = try Tape(opening: source)
        guard let summary = tape.feeds.first else { throw .unknownInstrument(path: source, name: "any feed", known: []) }
        let feed = InstrumentID(0)
        let frames = try tape.frameReader(feed: feed)
        var (text, events, next) = (0, EventBatch(), 0)
        let reader = try tape.reader(feed: feed)
        guard let start = summary.receiveTimes?.lowerBound else {
            throw .damaged(path: source, reason: "its first feed has no receive times to record at")
        }
        var options = TapeRecorder.Options()
        options.commitInterval = .milliseconds(250)
        options.diskReserve = 0
        let recorder = try TapeRecorder(creating: out, at: start, options: options)
        _ = try recorder.addFeed(summary.description, at: start)
        var now = start
        let began = cpuSeconds()
        while let frame = try frames.next() {
            now = max(now, frame.header.receiveTime)
            try recorder.advance(to: now)
            let number = try recorder.appendFrame(frame.header, frame.bytes.span, at: now)
            text += frame.bytes.count
            while true {
                if next == events.count {
                    guard try reader.next(into: events) else { break }
                    next = 0
                }
                guard events[next].frame <= number else { break }
                try recorder.append(events[next], at: now)
                next += 1
            }
        }
        try recorder.commit(at: now)
        let seconds = cpuSeconds() - began
        try say("recorded", out, text, recorder.fileSize)
        try recorder.close(at: now)
        try say("sealed", out, text, recorder.fileSize)
        print("cpu \(Int(seconds * 1_000)) ms, events \(summary.events), events/s \(Int(Double(summary.events) / seconds))")
        try compare(tape, Tape(opening: out), text)
        try write(tape, out + ".fast", at: start)
    }

    private static func write(_ source: Tape, _ out: String, at now: Timestamp) throws(TapeError) {
        let (frames, records, part) = (
            try source.frameReader(feed: InstrumentID(0)), try source.reader(feed: InstrumentID(0)), EventBatch()
        )
        var (kept, events) = ([StoredFrame](), [MarketEvent]())
        while let frame = try frames.next() { kept.append(frame) }
        while try records.next(into: part) { events += part }
        var options = TapeRecorder.Options()
        options.diskReserve = 0
        let began = cpuSeconds()
        let recorder = try TapeRecorder(creating: out, at: now, options: options)
        _ = try recorder.addFeed(source.feeds[0].description, at: now)
        for event in events { try recorder.append(event, at: now) }
        let chunks = cpuSeconds() - began
        for frame in kept { try recorder.appendFrame(frame.header, frame.bytes.span, at: now) }
        try recorder.close(at: now)
        let all = cpuSeconds() - began
        let levels = Double(source.feeds[0].levelChanges) / 1e6
        func rate(_ seconds: Double) -> String { String(format: "%.2f M level changes/s", levels / seconds) }
        print("written at once: \(rate(chunks)) without their raw frames, \(rate(all)) with them")
    }

    private static func compare(_ source: Tape, _ recorded: Tape, _ text: Int) throws(TapeError) {
        let frames = try recorded.frameReader(feed: InstrumentID(0))
        let began = cpuSeconds()
        while try frames.next() != nil {}
        let seconds = cpuSeconds() - began
        let (one, two) = (try source.frameReader(feed: InstrumentID(0)), try recorded.frameReader(feed: InstrumentID(0)))
        var (count, different) = (0, 0)
        while let frame = try one.next() {
            count += 1
            if try two.next()?.bytes != frame.bytes { different += 1 }
        }
        if try two.next() != nil { different += 1 }
        print("raw frames read at \(Int(Double(text) / seconds / 1e6)) MB/s of text, \(different) of \(count) unlike those imported")
    }

    private static func say(_ state: String, _ path: String, _ text: Int, _ size: Int64) throws(TapeError) {
        let tape = try Tape(opening: path)
        let (frames, feed) = (try tape.frames(InstrumentID(0)), tape.feeds[0])
        func ratio(_ bytes: Int64) -> String { String(format: "%.4f", Double(bytes) / Double(text)) }
        let each = String(format: "%.2f", Double(feed.bytes) / Double(max(1, feed.levelChanges)))
        print(
            "\(state): text \(text), raw frames \(ratio(frames.bytes)), frames and chunks \(ratio(frames.bytes + feed.bytes)), "
                + "file and log \(ratio(size)), chunks \(each) bytes a level change")
    }
}
