import Foundation
import TestSupport

/// A folder of files for one test, gone afterwards.
struct Files {
    private let scratch: TestFolder
    var folder: URL { scratch.url }

    init() throws { scratch = try TestFolder() }

    func path(_ name: String) -> String { folder.appending(path: name).path() }

    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: folder.appending(path: name))
        return path(name)
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted() } }
}
