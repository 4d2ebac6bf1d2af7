internal import Foundation

/// Files that are whole after any crash: the old content or the new one.
enum StateFile {
    static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

    /// Makes a folder and those above it, for its owner alone.
    static func makeFolder(_ path: String) throws(StateError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw .cannotWrite(path: path, reason: error.localizedDescription) }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw .cannotWrite(path: path, reason: reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .cannotWrite(path: path, reason: "it is no folder") }
        guard status.st_uid == geteuid() else { throw .cannotWrite(path: path, reason: "it belongs to another user") }
        if status.st_mode & 0o077 != 0 {
            guard unsafe chmod(path, 0o700) == 0 else { throw .cannotWrite(path: path, reason: reason(errno)) }
        }
    }

    /// Replaces a file's content; on the disk when this returns.
    static func write(_ text: String, to path: String) throws(StateError) {
        let new = path + ".new"
        let file = unsafe open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .cannotWrite(path: new, reason: reason(errno)) }
        var bytes = Array(text.utf8)[...]
        var failure: Int32?
        while !bytes.isEmpty, failure == nil {
            let count = unsafe bytes.withUnsafeBytes { unsafe Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno != EINTR { failure = errno }
            } else {
                bytes = bytes.dropFirst(count)
            }
        }
        if failure == nil, fsync(file) != 0 { failure = errno }
        if close(file) != 0, failure == nil { failure = errno }
        if failure == nil, unsafe rename(new, path) != 0 { failure = errno }
        if let failure { throw .cannotWrite(path: path, reason: reason(failure)) }
        try syncFolder(of: path)
    }

    /// Nothing where there is no such file.
    static func read(_ path: String) throws(StateError) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .cannotRead(path: path, reason: reason(errno))
        }
        close(file)
        guard let data = FileManager.default.contents(atPath: path) else { throw .cannotRead(path: path, reason: "it is no file") }
        guard let text = String(data: data, encoding: .utf8) else { throw .corrupt(path: path, expected: "text") }
        return text
    }

    static func remove(_ path: String) throws(StateError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .cannotWrite(path: path, reason: reason(errno)) }
        try syncFolder(of: path)
    }

    private static func syncFolder(of path: String) throws(StateError) {
        let folder = (path as NSString).deletingLastPathComponent
        let file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .cannotWrite(path: folder, reason: reason(errno)) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .cannotWrite(path: folder, reason: reason(errno)) }
    }
}

/// Why what a run needs to remember can't be kept, or is not to be believed.
public enum StateError: Error, Equatable {
    case cannotWrite(path: String, reason: String)
    case cannotRead(path: String, reason: String)
    case corrupt(path: String, expected: String)
    /// Another process trades on the account.
    case inUse(account: String, process: Int?, run: String?)
    /// Two accounts of a scenario are one.
    case sameAccount(String, String)
    /// The client ids that a venue's width allows are used up.
    case exhausted(path: String, account: String, reserved: UInt32, wanted: UInt32)

    public var message: String {
        switch self {
        case .cannotWrite(let path, let reason): "'\(path)' can't be written: \(reason)"
        case .cannotRead(let path, let reason): "'\(path)' can't be read: \(reason)"
        case .corrupt(let path, let expected): "'\(path)' is not as it was written: expected \(expected)"
        case .inUse(let account, let process, let run):
            "account '\(account)' is in use by "
                + (run.map { "the run of '\($0)'" } ?? "another run") + (process.map { " (process \($0))" } ?? "")
        case .sameAccount(let first, let second): "the keys of '\(first)' and '\(second)' are one: they are the same account"
        case .exhausted(_, let account, let reserved, let wanted):
            "account '\(account)' has used client ids up to \(reserved): \(wanted) more are beyond 32 bits"
        }
    }

    public var hint: String? {
        switch self {
        case .cannotWrite: "name another folder with --state, or free some space"
        case .cannotRead: nil
        case .corrupt(let path, _) where path.hasSuffix(AccountState.numbersName):
            "ids may not be used twice: see at the venue which client id was the last, and write 'reserved 4000000' for one of 4000000"
        case .corrupt(let path, _): "move '\(path)' away once you have seen to what it may have told"
        case .inUse: "stop it first: one account is traded by one run"
        case .sameAccount: "give each account a key of its own"
        case .exhausted(let path, _, _, _):
            "trade by another subaccount, or, when this one has no open order and no run to go on with, remove '\(path)': ids begin anew"
        }
    }
}
