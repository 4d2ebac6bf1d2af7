import Foundation

/// Real frames beside the project, where they are.
enum SharedRecording {
    static let backpack: URL? = {
        let folder = ProcessInfo.processInfo.environment["MMSIM_SHARED"].map { URL(filePath: $0) }
        let root = folder ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared")
        let file = root.appending(path: "data/backpack/backpack_sol_usdc_20260902.jsonl.gz").standardizedFileURL
        return FileManager.default.isReadableFile(atPath: file.path) ? file : nil
    }()

    static func lines(of file: URL) throws -> [String] {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
