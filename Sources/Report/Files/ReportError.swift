/// What keeps a report from being written.
public enum ReportError: Error, Equatable, Sendable {
    case notWritable(path: String, reason: String)
    case diskFull(path: String)
    case notAFolder(path: String)
    case notAReport(path: String)
    case alreadyExists(path: String)

    public var message: String {
        switch self {
        case .notWritable(let path, let reason): "can't write '\(path)': \(reason)"
        case .diskFull(let path): "the disk is full while writing '\(path)'"
        case .notAFolder(let path): "'\(path)' is a file, and the report wants a folder"
        case .notAReport(let path): "'\(path)' holds something else than a report, which would replace it"
        case .alreadyExists(let path): "'\(path)' exists already"
        }
    }

    public var hint: String? {
        switch self {
        case .notWritable: "check the folder's permissions, or name another with --out"
        case .diskFull: "free some space or name another folder with --out; nothing half-written was left under the report's name"
        case .notAFolder: "move the file away, or name another folder with --out"
        case .notAReport: "name a folder that is new, empty or an earlier report with --out"
        case .alreadyExists: "name another file with --out, or replace it with --replace"
        }
    }
}
