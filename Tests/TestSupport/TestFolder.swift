public import Foundation

/// A folder of one test's own, gone when the program of the tests ends: what a test has put there is there for as long as it runs.
public final class TestFolder: Sendable {
    public let url: URL
    public var path: String { url.path }

    private static let made = Made()

    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "mmsim-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        Self.made.add(url)
    }

    public func path(_ name: String) -> String { url.appending(path: name).path }

    /// A path that no other call gives and where nothing is.
    public func fresh(_ name: String = "t.tape") -> String { path("\(UUID().uuidString)-\(name)") }

    /// All folders of this program, behind a lock.
    private final class Made: @unchecked Sendable {
        private let lock = NSLock()
        private var folders: [URL] = []

        init() { atexit { TestFolder.made.removeAll() } }

        func add(_ folder: URL) { lock.withLock { folders.append(folder) } }

        func removeAll() {
            lock.withLock {
                for folder in folders { try? FileManager.default.removeItem(at: folder) }
            }
        }
    }
}
