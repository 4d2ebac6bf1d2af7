public import Foundation

/// A folder of one test's own, gone with this value: a suite or a variable of the test has to hold it as long as the files are needed.
public final class TestFolder: Sendable {
    public let url: URL
    public var path: String { url.path }

    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "mmsim-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    public func path(_ name: String) -> String { url.appending(path: name).path }

    /// A path that no other call gives and where nothing is.
    public func fresh(_ name: String = "t.tape") -> String { path("\(UUID().uuidString)-\(name)") }
}
