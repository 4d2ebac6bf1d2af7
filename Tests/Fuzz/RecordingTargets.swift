import Market

@testable import Feeds
@testable import Venues

/// What reads other people's files.
enum RecordingTargets {
    /// The fields of a row, written again with quotes, are the same fields.
    static func splitRow(_ input: [UInt8]) {
        let row = CSVRow()
        guard let fields = fields(of: input, row) else { return }
        var quoted: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { quoted.append(0x2C) }
            quoted.append(0x22)
            for byte in field { quoted += byte == 0x22 ? [0x22, 0x22] : [byte] }
            quoted.append(0x22)
        }
        precondition(self.fields(of: quoted, row) == fields, "a row changed when it was written again")
    }

    private static func fields(of row: [UInt8], _ csv: CSVRow) -> [[UInt8]]? {
        do throws(RowFailure) {
            return try Bytes.lending(row) { bytes throws(RowFailure) in
                try csv.read(bytes)
                var fields: [[UInt8]] = []
                for index in 0..<csv.count {
                    fields.append(try csv.field(index) { field in (0..<field.count).map { field[$0] } })
                    precondition(CSVRow.offset(of: index, in: bytes) <= bytes.count, "a field lies outside of its row")
                }
                return fields
            }
        } catch {
            precondition(0...row.count ~= error.offset, "a failure lies outside of its row")
            return nil
        }
    }

    /// The first byte chooses the format where there are several; each line is a row.
    static func decodeRows(_ input: [UInt8], as formats: [RecordingFormat]) {
        var rows = input[...]
        var format = formats[0]
        if formats.count > 1 {
            guard let choice = rows.popFirst() else { return }
            format = formats[Int(choice) % formats.count]
        }
        var reader = RowFeeder(FormatProbe.decoder(format, path: "fuzz"))
        for row in rows.split(separator: 0x0A, omittingEmptySubsequences: false) { reader.receive(Array(row)) }
        reader.finish()
    }

    /// An even first byte: the rest is an archive; an odd one: rows of its array.
    static func readArchive(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        var reader = RowFeeder(NpzDecoder(path: "fuzz_BTCUSDT.npz"))
        if choice & 1 == 1 {
            var rows = input.dropFirst()
            while rows.count >= EventRow.size {
                reader.receive(Array(rows.prefix(EventRow.size)))
                rows = rows.dropFirst(EventRow.size)
            }
            return reader.finish()
        }
        let path = ScratchFile.path("archive.npz")
        ScratchFile.write(Array(input.dropFirst()), to: path)
        do throws(FeedError) {
            let rows = try NpzRows(path)
            var isAtEnd = false
            while !isAtEnd {
                let result: Result<Bool, Never> = try rows.next { row in reader.receive(row) }
                if case .success(let more) = result { isAtEnd = !more }
            }
        } catch { precondition(!error.message.isEmpty, "an error says nothing") }
        reader.finish()
    }

    static func importFile(_ input: [UInt8]) {
        let path = ScratchFile.path("recording")
        ScratchFile.write(input, to: path)
        do throws(FeedError) {
            let options = Importer.Options(keepFrames: true, skipBad: true)
            var run = try ImportRun([path], options, CountingSink()) { _ in }
            _ = try run.run()
        } catch { precondition(!error.message.isEmpty, "an error says nothing") }
    }
}

/// Rows through a decoder and an assembler for each feed into records that are looked at.
struct RowFeeder {
    private var decoder: any RecordingDecoder
    private let catalog = FeedCatalog()
    private var batch = FrameBatch()
    private var assemblers: [FeedAssembler?] = []
    private var sink = CountingSink()

    init(_ decoder: any RecordingDecoder) { self.decoder = decoder }

    mutating func receive(_ row: [UInt8]) { Bytes.lending(row) { receive($0) } }

    mutating func receive(_ row: Bytes) {
        batch.removeAll()
        do throws(RowFailure) { try decoder.decode(row, into: &batch, catalog) } catch {
            precondition(0...row.count ~= error.offset, "a failure lies outside of its row")
            return
        }
        take()
    }

    mutating func finish() {
        batch.removeAll()
        decoder.finish(into: &batch)
        take()
        for index in assemblers.indices { _ = assemblers[index]?.finish() }
    }

    private mutating func take() {
        for frame in batch.frames {
            for event in frame.events { catalog.note(batch.events[event], feed: frame.feed) }
            while assemblers.count <= frame.feed { assemblers.append(nil) }
            if assemblers[frame.feed] == nil {
                do throws(FeedError) { try catalog.completeFromGrids(path: "fuzz") } catch { return }
                guard let instrument = catalog.instrument(frame.feed) else { return }
                let id = sink.addFeed(instrument, source: "fuzz")
                assemblers[frame.feed] = FeedAssembler(
                    id, instrument, isNumbered: catalog.entries[frame.feed].isNumbered, expectsBook: false)
            }
            _ = assemblers[frame.feed]?.place(frame, file: 0)
            do throws(RowFailure) { try assemblers[frame.feed]?.convert(frame, batch) } catch { continue }
            do throws(FeedError) { try assemblers[frame.feed]?.emit(frame, rawFrame: 0, into: &sink) } catch {
                preconditionFailure("a sink that takes everything refused something")
            }
        }
    }
}

/// Takes everything, and looks at what must hold for every record.
struct CountingSink: EventSink {
    private var frames: [UInt32] = []
    private var isInFrame: [Bool] = []

    mutating func addFeed(_ instrument: Instrument, source: String) -> InstrumentID {
        precondition(instrument.tickSize.nanos > 0 && instrument.lotSize > 0, "an instrument has no grid")
        frames.append(0)
        isInFrame.append(false)
        return InstrumentID(frames.count - 1)
    }

    mutating func append(_ event: MarketEvent) {
        switch event.kind {
        case .level, .orderAdded, .orderChanged, .orderDeleted, .trade, .quote, .liquidation:
            precondition(event.price >= 0 && event.quantity >= 0, "a negative price or size was passed on")
        case .mark, .index, .funding, .openInterest, .status, .instrumentChange, .gap: break
        }
        precondition(event.isFirst != isInFrame[event.instrument.index], "a frame begins in another one, or nowhere")
        isInFrame[event.instrument.index] = !event.isLast
    }

    mutating func appendFrame(_ feed: InstrumentID, receiveTime: Timestamp, _ bytes: Bytes) -> UInt32 {
        defer { frames[feed.index] &+= 1 }
        return frames[feed.index]
    }

    func addGap(_ feed: InstrumentID, at time: Timestamp, cause: GapCause, note: String) {}
    func addUnparsed(_ feed: InstrumentID, reason: String) {}
}
