import Foundation
import TestSupport
import Testing

/// The built programs, run in a folder of their own.
struct LivePrograms {
    struct Outcome: Equatable {
        var code: Int32
        var out: String
        var error: String
    }

    /// How long anything may take that is waited for: far longer than it does.
    static let patience = Duration.seconds(120)

    private let scratch: TestFolder
    var folder: URL { scratch.url }

    init() throws { scratch = try TestFolder() }

    func path(_ name: String) -> String { scratch.path(name) }
    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: folder.appending(path: name)) }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    /// Beside the tests' own program.
    static func executable(_ name: String) -> URL {
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: tests).deletingLastPathComponent().appending(path: name)
    }

    /// Runs `mmsim` until it ends by itself.
    func mmsim(_ words: String..., environment: [String: String] = [:]) throws -> Outcome {
        try start(Self.executable("mmsim"), words, environment).ended()
    }

    /// Runs `mmsim-live` until it ends by itself.
    func live(_ words: String..., environment: [String: String] = [:]) throws -> Outcome {
        try start(Self.executable("mmsim-live"), words, environment).ended()
    }

    /// Starts `mmsim-live`.
    func start(_ words: [String]) throws -> RunningProgram { try start(Self.executable("mmsim-live"), words, [:]) }

    /// Starts `mmsim-live` under a limit of the system's.
    func start(_ words: [String], under limit: SystemLimit) throws -> RunningProgram {
        try start(URL(filePath: "/bin/sh"), ["-c", "\(limit.command); exec \"$@\"", "sh", Self.executable("mmsim-live").path] + words, [:])
    }

    func start(_ executable: URL, _ words: [String], _ environment: [String: String]) throws -> RunningProgram {
        let process = Process()
        process.executableURL = executable
        process.arguments = words
        process.currentDirectoryURL = folder
        let inherited = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("MMSIM_") && !$0.key.lowercased().hasSuffix("_proxy")
        }
        process.environment = inherited.merging(environment) { $1 }
        return try RunningProgram(process, in: folder)
    }

    /// A generated market with a book of Backpack's on it.
    func makeTape(_ name: String = "made.tape", duration: String = "10 min", seed: Int = 42) throws {
        let made = try mmsim("synth", "--out", name, "--duration", duration, "--seed", "\(seed)", "--quiet")
        #expect(made == Outcome(code: 0, out: "", error: ""))
    }
}

/// What the system gives a process no more of.
enum SystemLimit {
    /// Bytes of a file: a disk that gets full. The process is told of it by an error, not by a signal.
    case largestFile(Int)
    /// Files and connections that are open at once.
    case openFiles(Int)

    var command: String {
        switch self {
        case .largestFile(let bytes): "trap '' XFSZ; ulimit -f \(bytes / 512)"
        case .openFiles(let count): "ulimit -n \(count)"
        }
    }
}

/// A program that goes on, what it writes kept in files: that may be longer than a pipe holds.
final class RunningProgram {
    private struct GaveUp: Error, CustomStringConvertible {
        var description: String
    }

    private let process: Process
    private let (outFile, errorFile): (URL, URL)

    init(_ process: Process, in folder: URL) throws {
        let name = UUID().uuidString
        (outFile, errorFile) = (folder.appending(path: ".out-\(name)"), folder.appending(path: ".error-\(name)"))
        for file in [outFile, errorFile] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: outFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        process.standardInput = FileHandle.nullDevice
        self.process = process
        try process.run()
    }

    deinit { if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) } }

    var id: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var out: String { (try? String(contentsOf: outFile, encoding: .utf8)) ?? "" }
    var error: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    /// Waits until something is so.
    ///
    /// - Throws: Where the program ends before, or it takes far too long.
    func wait(for what: String, _ isSo: (RunningProgram) throws -> Bool) throws {
        let end = ContinuousClock.now + LivePrograms.patience
        while try !isSo(self) {
            guard process.isRunning, ContinuousClock.now < end else { throw GaveUp(description: "never \(what): \(out)\n\(error)") }
            usleep(20_000)
        }
    }

    /// As Ctrl-C does.
    func interrupt() throws -> LivePrograms.Outcome {
        process.interrupt()
        return try ended()
    }

    /// Takes the processor from it, as a machine that is suspended does, or gives it back.
    func suspend() { Foundation.kill(process.processIdentifier, SIGSTOP) }
    func resume() { Foundation.kill(process.processIdentifier, SIGCONT) }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func ended() throws -> LivePrograms.Outcome {
        let end = ContinuousClock.now + LivePrograms.patience
        while process.isRunning {
            guard ContinuousClock.now < end else { throw GaveUp(description: "it never ended: \(out)\n\(error)") }
            usleep(5_000)
        }
        process.waitUntilExit()
        try #require(process.terminationReason == .exit, "it ended by signal \(process.terminationStatus)")
        return LivePrograms.Outcome(code: process.terminationStatus, out: out, error: error)
    }
}

/// A venue that `mmsim-live` serves.
struct ServedVenue {
    let program: RunningProgram
    let port: Int
    let isSecure: Bool

    init(_ programs: LivePrograms, port: Int = 0, _ more: String...) throws { try self.init(programs, port: port, words: more) }

    init(_ programs: LivePrograms, port: Int = 0, words more: [String]) throws {
        program = try programs.start(["venue", "backpack", "--tape", "made.tape", "--port", "\(port)"] + more)
        try program.wait(for: "served") { $0.out.contains("\nccxt ") }
        let place = try #require(program.out.firstMatch(of: /127\.0\.0\.1:([0-9]+)/))
        self.port = try #require(Int(place.1))
        isSecure = more.contains("--certificate")
    }

    /// The words by which `record` finds it.
    var place: [String] {
        isSecure
            ? ["--rest", "https://127.0.0.1:\(port)", "--stream", "wss://127.0.0.1:\(port)"]
            : ["--rest", "http://127.0.0.1:\(port)", "--stream", "ws://127.0.0.1:\(port)"]
    }
}
