internal import Glibc
internal import Market

/// What the store needs to know and do about its own file beside SQLite.
enum TapeFile {
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
    static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

    static func isWritable(_ path: String) -> Bool { unsafe access(path, W_OK) == 0 }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func isEmpty(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_size == 0
    }

    /// Of a database and its write-ahead log.
    static func size(_ path: String) -> Int64 {
        ["", "-wal"].reduce(0) { total, suffix in
            var status = stat()
            return unsafe stat(path + suffix, &status) == 0 ? total + Int64(status.st_size) : total
        }
    }

    /// Bytes that an unprivileged program may still write beside `path`; nil when the system does not say.
    static func freeBytes(beside path: String) -> Int64? {
        var status = statvfs()
        return unsafe statvfs(path, &status) == 0 ? Int64(status.f_bavail) * Int64(status.f_frsize) : nil
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
            guard !candidate.hasPrefix("."), !candidate.hasSuffix(".part"), !candidate.hasSuffix(".lock") else { continue }
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

/// One writer's claim on a tape: a lock on `PATH.lock`, which ends with the process however it ends.
///
/// It is a file beside the tape, for closing any other descriptor of the tape itself would end SQLite's own locks on it.
final class WriterLock {
    private let path: String
    private let descriptor: Int32

    /// - Throws: `TapeError.locked` when another writer has it.
    init(_ tape: String) throws(TapeError) {
        path = tape + ".lock"
        while true {
            let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw .notWritable(path: tape, reason: unsafe String(cString: strerror(errno))) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw .locked(path: tape)
            }
            // Another writer may have removed the file between our opening and our locking: then this lock holds nothing.
            var (ours, theirs) = (stat(), stat())
            if unsafe fstat(descriptor, &ours) == 0, unsafe stat(path, &theirs) == 0, ours.st_ino == theirs.st_ino {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    deinit {
        _ = unsafe unlink(path)
        close(descriptor)
    }
}
