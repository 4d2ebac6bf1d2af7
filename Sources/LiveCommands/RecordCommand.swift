internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Live
internal import Market
internal import Network
internal import Runtime
internal import Scenario
internal import Tape
internal import Venues

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.record.rawValue, abstract: LiveProgram.Word.record.abstract,
        discussion: """
            Raw frames are kept as they come, and the records that are made of them beside: books from full ones and changes, trades, \
            quotes, marks, funding. A connection that is lost is opened again and the books are asked for anew; what is missing stands as \
            a gap. A tape that is there is gone on with. Ctrl-C ends it; a tape that is being recorded can be read up to its last commit.

              mmsim record --symbols SOL_USDC_PERP,SOL_USDC --out Data/sol.tape
            """)

    @Option(help: ArgumentHelp("The venue's own symbols, with commas between them.", valueName: "list"))
    var symbols: String

    @Option(help: ArgumentHelp("The tape. With --rotate its name is followed by the time.", valueName: "file"))
    var out = "Data/recorded.tape"

    @OptionGroup var places: PlaceOptions

    @Option(help: ArgumentHelp("Begins another tape each day, or at a size of so many MB.", valueName: "day|size"))
    var rotate: String?

    @Option(help: ArgumentHelp("Ends by itself after so long, such as \"1 h\".", valueName: "time"))
    var duration: String?

    @Flag(help: "Tells nothing while it goes on.")
    var quiet = false

    private static func usage(_ text: String, hint: String? = nil) -> Failure { Failure(text, hint: hint, code: Failure.usage) }

    func run() throws {
        let wanted = symbols.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard !wanted.isEmpty else { throw Self.usage("--symbols is empty", hint: "name one, such as SOL_USDC_PERP") }
        if let twice = wanted.first(where: { symbol in wanted.count { $0 == symbol } > 1 }) {
            throw Self.usage("--symbols has '\(twice)' twice")
        }
        let span = try self.span()
        let listener = try MarketListener(options(wanted), path: path())
        Interruption.watch()
        let instruments = try begin(listener)
        if !quiet { Terminal.error("recording \(instruments.map(\.venueSymbol).joined(separator: ", ")) to \(out); Ctrl-C ends it") }
        let ending = watch(listener, for: span)
        do { try listener.stop(ending: ending.isEmpty ? "interrupted" : ending) } catch let error as TapeError { throw Failure(error) }
        let counters = listener.soFar
        Terminal.error(
            "\(counters.frames) frames and \(counters.records) records, \(Self.troubles(counters)), \(counters.lost) lost"
        )
        if ending.isEmpty { throw ExitCode(Failure.interrupted) }
    }

    private func span() throws -> Nanoseconds? {
        guard let duration else { return nil }
        do throws(UnitText.Failure) { return try UnitText.duration(duration) } catch {
            throw Self.usage("--duration: \(error.message)", hint: error.hint)
        }
    }

    private func options(_ symbols: [String]) throws -> MarketListener.Options {
        let name = VenueProtocol.backpack.rawValue
        try places.check([name])
        var client = try places.client(of: .backpack, named: name, isOnly: true)
        client.lanes = 2
        var options = MarketListener.Options(.backpack, client: client, symbols: symbols)
        options.recorder.rotation = try rotation()
        return options
    }

    private func rotation() throws -> RecorderRotation {
        guard let rotate else { return RecorderRotation(isDaily: false) }
        if rotate == "day" { return RecorderRotation() }
        guard let megabytes = Int64(rotate), (1...1_000_000).contains(megabytes) else {
            throw Self.usage("--rotate '\(rotate)' is neither 'day' nor a number of MB")
        }
        return RecorderRotation(isDaily: false, bytes: megabytes << 20)
    }

    private func path() -> @Sendable (Int, Timestamp) -> String {
        let (out, isAlone) = (out, rotate == nil)
        return { number, time in
            guard !isAlone else { return out }
            let base = (out as NSString).deletingPathExtension
            let end = (out as NSString).pathExtension
            let name = time.iso8601.prefix(19).replacing(":", with: "")
            return end.isEmpty ? "\(base)-\(name)" : "\(base)-\(name).\(end)"
        }
    }

    private func begin(_ listener: MarketListener) throws -> [Instrument] {
        do { return try listener.start() } catch let error as NetworkError { throw Failure(error) } catch let error as TapeError {
            throw Failure(error)
        } catch let error as InquiryError { throw Failure(error) } catch let error as ListenerError {
            throw Failure(error.message, hint: Self.hint(error), code: Failure.usage)
        }
    }

    private static func hint(_ error: ListenerError) -> String? {
        switch error {
        case .notListed(let symbol, let listed):
            Spelling.hint(symbol, listed) ?? "it lists \(listed.prefix(12).joined(separator: ", "))\(listed.count > 12 ? ", …" : "")"
        case .notTradable: nil
        }
    }

    private static func troubles(_ counters: MarketListener.Counters) -> String {
        let differences = counters.differences == 0 ? "" : " (\(counters.differences) books not the venue's)"
        return "\(counters.gaps) gaps, \(counters.alarms) alarms\(differences)"
    }

    /// Tells how it goes; returns why it ended, nothing where somebody interrupted it.
    private func watch(_ listener: MarketListener, for span: Nanoseconds?) -> String {
        let begin = ContinuousClock.now
        var (last, lastFrames, lastBytes) = (begin, 0, 0)
        while !Interruption.wasRequested {
            usleep(100_000)
            if case .stopped(let error) = listener.state { return error.message }
            let now = ContinuousClock.now
            if let span, now - begin >= .nanoseconds(span.count) { return "after \(duration ?? "")" }
            guard !quiet, now - last >= (Terminal.isInteractive ? .seconds(1) : .seconds(10)) else { continue }
            let counters = listener.soFar
            let seconds = Double((now - last).components.seconds) + Double((now - last).components.attoseconds) / 1e18
            let (rate, bytes) = (Double(counters.frames - lastFrames) / seconds, Double(counters.bytes - lastBytes) / seconds)
            (last, lastFrames, lastBytes) = (now, counters.frames, counters.bytes)
            let line =
                "\(Int(rate)) frames/s, \(Int(bytes / 1_024)) KiB/s, lag \(counters.lag.count / 1_000_000) ms, "
                + "\(counters.records) records, " + Self.troubles(counters)
            Terminal.isInteractive ? Terminal.write("\r\u{1B}[K" + line, to: 2) : Terminal.error(line)
        }
        return ""
    }
}
