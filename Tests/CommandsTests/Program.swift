import Foundation
import Testing

/// The built `mmsim`, run in a folder of its own that is gone afterwards.
final class Program {
    struct Outcome: Equatable {
        var code: Int32
        var out: String
        var error: String
    }

    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "mmsim-commands-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: folder.appending(path: name)) }
    func read(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: name).path()) }

    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        try run(arguments, environment: environment)
    }

    /// - Parameter meanwhile: Called when it has started.
    func run(_ arguments: [String], environment: [String: String] = [:], meanwhile: (Process) throws -> Void = { _ in }) throws -> Outcome {
        let process = Process()
        // The tests' own program stands beside it.
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "mmsim")
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
              lighter: { feed: lighter, profile: lighter-standard }
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
