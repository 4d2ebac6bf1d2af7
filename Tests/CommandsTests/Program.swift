import Foundation
import TestSupport
import Testing

/// The built `mmsim`, run in a folder of its own that is gone afterwards.
struct Program {
    struct Outcome: Equatable {
        var code: Int32
        var out: String
        var error: String
    }

    private let scratch: TestFolder
    var folder: URL { scratch.url }

    init() throws { scratch = try TestFolder() }

    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: folder.appending(path: name)) }
    func read(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { !$0.hasPrefix(".") }.sorted() }
    }
    /// 0 where there is no such file.
    func size(_ name: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: folder.appending(path: name).path()))?[.size] as? Int ?? 0
    }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: name).path()) }

    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        try run(arguments, environment: environment)
    }

    /// - Parameter meanwhile: Called when it has started.
    func run(_ arguments: [String], environment: [String: String] = [:], meanwhile: (Process) throws -> Void = { _ in }) throws -> Outcome {
        try run(Self.executable, arguments, environment, meanwhile)
    }

    /// Runs it and kills it when the span has passed; returns its exit code where it was quicker, else nil.
    func killed(_ arguments: [String], after span: Duration) throws -> Int32? {
        let end = ContinuousClock.now + span
        return try killed(arguments) { ContinuousClock.now >= end }
    }

    /// Runs it and kills it when the moment has come; returns its exit code where it was quicker, else nil.
    func killed(_ arguments: [String], when hasCome: () -> Bool) throws -> Int32? {
        let process = Process()
        process.executableURL = Self.executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["SWIFT_BACKTRACE": "enable=no"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        while process.isRunning, !hasCome() { usleep(200) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : nil
    }

    /// With a file of the folder as standard input.
    func run(_ arguments: [String], input: String) throws -> Outcome {
        let script = "exec \"$0\" \"$@\" < '\(input)'"
        return try run(URL(filePath: "/bin/sh"), ["-c", script, Self.executable.path()] + arguments, [:]) { _ in }
    }

    /// With no file allowed to grow beyond `blocks` of 512 bytes, which stands in for a full disk; the signal that comes with it is
    /// ignored.
    func run(_ arguments: [String], blocks: Int) throws -> Outcome {
        let script = "trap '' XFSZ; ulimit -f \(blocks); exec \"$0\" \"$@\""
        return try run(URL(filePath: "/bin/sh"), ["-c", script, Self.executable.path()] + arguments, [:]) { _ in }
    }

    /// Beside the tests' own program.
    private static let executable: URL = {
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "mmsim")
    }()

    private func run(_ executable: URL, _ arguments: [String], _ environment: [String: String], _ meanwhile: (Process) throws -> Void)
        throws
        -> Outcome
    {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MMSIM_") }
        process.environment = inherited.merging(environment) { $1 }
        // Files, not pipes: what is written may be longer than a pipe holds.
        let (out, error) = (folder.appending(path: ".out"), folder.appending(path: ".error"))
        for file in [out, error] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: error)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        try meanwhile(process)
        process.waitUntilExit()
        try #require(process.terminationReason == .exit, "it ended by signal \(process.terminationStatus)")
        return Outcome(
            code: process.terminationStatus, out: try String(contentsOf: out, encoding: .utf8),
            error: try String(contentsOf: error, encoding: .utf8))
    }
}

enum Scenarios {
    /// Two venues as `synth` makes them.
    static func demo(_ changes: [(String, String)] = []) -> String {
        var text = """
            version: 1
            name: demo
            seed: 7
            tapes: [demo.tape]
            venues:
              backpack: { feed: backpack, profile: backpack }
              lighter: { feed: lighter, profile: lighter-standard, margin_check: none }
            accounts:
              M: { venue: backpack, collateral: ["50000 USDC"] }
              T: { venue: lighter, collateral: ["50000 USDC"] }
            strategy:
              name: xemm
              symbol: BTC
              accounts: { maker: M, taker: T }
              parameters: { size: "0.05 BTC", min_net: "0.5 bp" }
            reporting: USD
            rates: { "USDC/USD": "1" }

            """
        for (old, new) in changes { text = text.replacing(old, with: new) }
        return text
    }
}
