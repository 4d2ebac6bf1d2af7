import Glibc
import Signing

/// The files that an import's arguments stand for: those of folders are listed, standard input is copied into one.
struct InputFiles {
    static let standardInput = "-"
    /// Standard input is read several times, and so kept beside the tape until the import ends.
    static let spoolSuffix = ".stdin"

    private(set) var paths: [String] = []
    /// Files of folders whose first line is of no known format.
    private(set) var leftOut: [String] = []
    /// A text that differs where any of the files does.
    private(set) var identity = ""
    private var spool: String?

    init(_ inputs: [String], spoolingTo spool: String) throws(FeedError) {
        identity = try Self.stamp("/proc/self/exe") + "\n"
        for input in inputs {
            if input == Self.standardInput {
                guard self.spool == nil else { throw .cannotRead(path: "standard input", reason: "it is named twice") }
                self.spool = spool
                identity += "standard input \(try Self.copyStandardInput(to: spool))\n"
                paths.append(spool)
            } else if Self.isFolder(input) {
                let found = try Self.recordings(in: input)
                guard !found.paths.isEmpty else { throw .cannotRead(path: input, reason: "no recording is in this folder") }
                for path in found.paths { try add(path) }
                leftOut += found.others
            } else {
                try add(input)
            }
        }
    }

    private mutating func add(_ path: String) throws(FeedError) {
        identity += try Self.stamp(path) + "\n"
        paths.append(path)
    }

    func removeSpool() { if let spool { _ = unsafe unlink(spool) } }

    /// A file's name as a tape tells it.
    static func title(_ path: String) -> String {
        if path.hasSuffix(spoolSuffix) { return "standard input" }
        return path.split(separator: "/").last.map(String.init) ?? path
    }

    /// What changes when a file does.
    private static func stamp(_ path: String) throws(FeedError) -> String {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw .cannotOpen(path: path, reason: unsafe String(cString: strerror(errno)))
        }
        return "\(path) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// By name, those of folders in it too; hidden ones are left alone.
    private static func recordings(in folder: String) throws(FeedError) -> (paths: [String], others: [String]) {
        guard let directory = unsafe opendir(folder) else {
            throw .cannotOpen(path: folder, reason: unsafe String(cString: strerror(errno)))
        }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        unsafe closedir(directory)
        var (paths, others): ([String], [String]) = ([], [])
        for name in names.sorted() {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            if isFolder(path) {
                let found = try recordings(in: path)
                paths += found.paths
                others += found.others
            } else if isRecording(path) {
                paths.append(path)
            } else {
                others.append(path)
            }
        }
        return (paths, others)
    }

    private static func isRecording(_ path: String) -> Bool {
        do throws(FeedError) {
            let reader = try LineReader(path)
            var isKnown = false
            _ = try reader.next { line throws(FeedError) in
                _ = try FormatProbe.detect(line, path: path)
                isKnown = true
            }
            return isKnown
        } catch { return false }
    }

    /// - Returns: SHA-256 of what came.
    private static func copyStandardInput(to path: String) throws(FeedError) -> String {
        guard isatty(0) == 0 else { throw .cannotRead(path: "standard input", reason: "nothing is piped into it") }
        let target = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw .cannotWrite(path: path, reason: unsafe String(cString: strerror(errno))) }
        defer { close(target) }
        var hasher = SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(0, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .cannotRead(path: "standard input", reason: unsafe String(cString: strerror(errno))) }
            guard count > 0 else { return "\(hasher.finish())" }
            hasher.update(buffer.span.extracting(first: count))
            var done = 0
            while done < count {
                let written = unsafe buffer.withUnsafeBytes { unsafe Glibc.write(target, $0.baseAddress! + done, count - done) }
                guard written > 0 else { throw .cannotWrite(path: path, reason: unsafe String(cString: strerror(errno))) }
                done += written
            }
        }
    }
}
