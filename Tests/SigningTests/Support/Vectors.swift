import Foundation
import Testing

/// The vectors of the venues' own signers, in the folder that `MMSIM_SHARED` names; tests that need them are skipped where it is absent.
enum Vectors {
    static let folder: URL = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["MMSIM_SHARED"].map { URL(filePath: $0, relativeTo: package) }
        return (shared ?? package.appending(path: "../shared")).appending(path: "venues/vectors")
    }()

    static let arePresent = FileManager.default.fileExists(atPath: folder.appending(path: "lighter.json").path)
    static let absence: Comment = "no vectors in venues/vectors of the folder that MMSIM_SHARED names"

    static func load<Document: Decodable>(_ name: String, as type: Document.Type = Document.self) throws -> Document {
        try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name)))
    }
}

/// Random numbers from a seed (splitmix64), for properties.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
