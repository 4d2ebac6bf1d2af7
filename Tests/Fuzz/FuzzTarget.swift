import Feeds
import Glibc

/// What is fuzzed, chosen by name in the environment variable MMSIM_FUZZ.
///
/// A target may refuse anything; it must not trap, read what is not its own, hang or grow without end.
enum FuzzTarget: String, CaseIterable {
    /// The splitter of comma-separated rows, then each format of recordings: rows into frames, frames into records.
    case csv, tardis, binance, lighter, bybit, backpack, bitstamp, bbo
    /// A whole archive, or rows of its array.
    case npz
    /// A file that may be compressed, told by its content and imported.
    case recording
    /// What a venue sends to a session of ours.
    case session
    /// The columns of a chunk, a block of raw frames, and a whole tape.
    case chunk, frames, tape

    func run(_ input: [UInt8]) {
        switch self {
        case .csv: RecordingTargets.splitRow(input)
        case .tardis: RecordingTargets.decodeRows(input, as: [.tardisBook, .tardisTrades, .tardisQuotes, .tardisTicker])
        case .binance: RecordingTargets.decodeRows(input, as: [.binance])
        case .lighter: RecordingTargets.decodeRows(input, as: [.lighter])
        case .bybit: RecordingTargets.decodeRows(input, as: [.bybit])
        case .backpack: RecordingTargets.decodeRows(input, as: [.backpack])
        case .bitstamp: RecordingTargets.decodeRows(input, as: [.bitstamp])
        case .bbo: RecordingTargets.decodeRows(input, as: [.bbo])
        case .npz: RecordingTargets.readArchive(input)
        case .recording: RecordingTargets.importFile(input)
        case .session: SessionTarget.backpack(input)
        case .chunk: StoreTargets.decodeChunk(input)
        case .frames: StoreTargets.decodeFrames(input)
        case .tape: StoreTargets.openTape(input)
        }
    }
}

nonisolated(unsafe) private var target = FuzzTarget.csv

/// Called once by libFuzzer. With MMSIM_FUZZ_SEEDS the target's first inputs are written into that folder, and nothing is run.
@_cdecl("LLVMFuzzerInitialize")
public func fuzzerInitialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    let name = unsafe getenv("MMSIM_FUZZ").map { unsafe String(cString: $0) } ?? ""
    guard let named = FuzzTarget(rawValue: name) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        preconditionFailure("MMSIM_FUZZ is '\(name)', which is no target; there are: \(names)")
    }
    unsafe target = named
    if let folder = unsafe getenv("MMSIM_FUZZ_SEEDS") {
        for (index, seed) in Seeds.of(named).enumerated() {
            ScratchFile.write(seed, to: unsafe String(cString: folder) + "/seed-\(index)")
        }
        exit(0)
    }
    return 0
}

/// Called by libFuzzer with what it made up.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzerTestOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    unsafe target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// A file in memory that is written over for each input.
enum ScratchFile {
    private static let folder = "/dev/shm"

    static func path(_ name: String) -> String { "\(folder)/mmsim-fuzz-\(getpid())-\(name)" }

    static func write(_ bytes: [UInt8], to path: String) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { preconditionFailure("'\(path)' can't be written") }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            guard count > 0 else { preconditionFailure("'\(path)' can't be written") }
            done += count
        }
    }

    static func read(_ path: String) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { preconditionFailure("'\(path)' can't be read") }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { preconditionFailure("'\(path)' can't be read") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { preconditionFailure("'\(path)' can't be read") }
        return bytes
    }

    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal", ".lock", ".part"] { _ = unsafe unlink(path + suffix) }
    }
}
