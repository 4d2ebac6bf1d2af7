internal import Glibc
internal import Market

/// What the store needs to know and do about its own file beside SQLite.
enum TapeFile {
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
    static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func isEmpty(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_size == 0
    }

    /// Removes a database and what SQLite keeps beside it.
    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { _ = unsafe unlink(path + suffix) }
    }

    static func move(_ from: String, to path: String) throws(TapeError) {
        guard unsafe rename(from, path) == 0 else { throw .notWritable(path: path, reason: unsafe String(cString: strerror(errno))) }
    }

    /// A file beside `path` whose name is at most two edits away.
    static func closest(to path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let name = String(parts.last ?? "")
        let folder = parts.dropLast().joined(separator: "/")
        let place = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
        guard let directory = unsafe opendir(place) else { return nil }
        defer { unsafe closedir(directory) }
        var best: (name: String, distance: Int)?
        while let entry = unsafe readdir(directory) {
            let candidate = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard !candidate.hasPrefix("."), !candidate.hasSuffix(".part") else { continue }
            let distance = Spelling.distance(name, candidate)
            if distance <= max(2, name.count / 4),
                distance < best?.distance ?? .max || (distance == best?.distance && candidate < best?.name ?? "")
            {
                best = (candidate, distance)
            }
        }
        return best.map { folder.isEmpty ? $0.name : folder + "/" + $0.name }
    }
}
