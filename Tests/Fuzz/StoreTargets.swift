import Market

@testable import Tape

/// What reads our own files, whoever has written into them.
enum StoreTargets {
    /// Records that were read are written and read again as the same records.
    static func decodeChunk(_ input: [UInt8]) {
        // No larger than what is read, so that a record beyond the end is one outside of its memory.
        let events = EventBatch(capacity: 1)
        guard ChunkCodec.decode(input.span, instrument: InstrumentID(3), into: events) == nil else {
            return precondition(events.isEmpty, "a damaged chunk gave records")
        }
        var bytes: [UInt8] = []
        ChunkCodec.encode(ContiguousArray(events), into: &bytes)
        let again = EventBatch(capacity: 1)
        let fault = ChunkCodec.decode(bytes.span, instrument: InstrumentID(3), into: again)
        precondition(fault == nil && again.elementsEqual(events), "records changed when they were written again")
    }

    /// The first byte is the layout.
    static func decodeFrames(_ input: [UInt8]) {
        guard let layout = input.first else { return }
        let bytes = Array(input.dropFirst())
        var block = FrameBlock()
        var frames: [StoredFrame] = []
        let reason = FrameBlock.decode(bytes.span, layout: Int64(layout), feed: InstrumentID(0)) { frame in
            frames.append(frame)
            block.append(frame.header, frame.bytes.span)
        }
        guard reason == nil else { return }
        var plain: [UInt8] = []
        block.encodePlain(into: &plain)
        for (layout, written) in [(FrameBlock.plainLayout, plain), (FrameBlock.columnLayout, block.encodeColumns())] {
            guard let written else { continue }
            var again: [StoredFrame] = []
            let fault = FrameBlock.decode(written.span, layout: layout, feed: InstrumentID(0)) { again.append($0) }
            precondition(fault == nil && again == frames, "frames changed when they were written again")
        }
    }

    /// Everything that a tape can be asked.
    static func openTape(_ input: [UInt8]) {
        let path = ScratchFile.path("tape")
        ScratchFile.remove(path)
        ScratchFile.write(input, to: path)
        do throws(TapeError) {
            let tape = try Tape(opening: path)
            try refusing { () throws(TapeError) in _ = try tape.fileFaults() }
            for index in tape.feeds.indices { try read(tape, InstrumentID(index)) }
            try refusing { () throws(TapeError) in
                let frames = try tape.frameReader(feed: nil)
                while try frames.next() != nil {}
            }
            try refusing { () throws(TapeError) in _ = try tape.connections() }
            try refusing { () throws(TapeError) in for run in try tape.journalRuns() { _ = try tape.journalBlocks(run: run) } }
        } catch { precondition(!error.message.isEmpty, "an error says nothing") }
    }

    private static func read(_ tape: Tape, _ feed: InstrumentID) throws(TapeError) {
        try refusing { () throws(TapeError) in
            let reader = try tape.reader(feed: feed, skippingDamage: true, verifying: true)
            let events = EventBatch(capacity: 1)
            while try reader.next(into: events) {}
        }
        try refusing { () throws(TapeError) in
            let frames = try tape.frameReader(feed: feed)
            while try frames.next() != nil {}
        }
        try refusing { () throws(TapeError) in _ = try tape.gaps(feed) }
        try refusing { () throws(TapeError) in _ = try tape.quarantine(feed) }
        try refusing { () throws(TapeError) in _ = try tape.terms(feed) }
        try refusing { () throws(TapeError) in _ = try tape.unparsedFrames(feed) }
        try refusing { () throws(TapeError) in _ = try tape.frames(feed) }
    }

    /// One table's damage hides no other's.
    private static func refusing(_ body: () throws(TapeError) -> Void) throws(TapeError) {
        do throws(TapeError) { try body() } catch { precondition(!error.message.isEmpty, "an error says nothing") }
    }
}
