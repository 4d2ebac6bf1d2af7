/// Why a process can't be reached, or can't be made reachable.
public enum ControlError: Error, Hashable, Sendable {
    case pathTooLong(String, longest: Int)
    case folder(String, reason: String)
    case inUse(String)
    case cannotListen(String, reason: String)
    /// Nobody listens there.
    case notRunning(String)
    case noAnswer(String, reason: String)

    public var message: String {
        switch self {
        case .pathTooLong(let path, let longest):
            "the control socket's path has \(path.utf8.count) bytes, \(longest) at most are possible: \(path)"
        case .folder(let path, let reason): "the folder '\(path)' can't be used: \(reason)"
        case .inUse(let path): "a process is running that listens on '\(path)'"
        case .cannotListen(let path, let reason): "can't listen on '\(path)': \(reason)"
        case .notRunning(let path): "no process listens on '\(path)'"
        case .noAnswer(let path, let reason): "the process that listens on '\(path)' did not answer: \(reason)"
        }
    }

    public var hint: String? {
        switch self {
        case .pathTooLong: "choose a shorter state folder with --state or MMSIM_STATE, or a shorter name of the run"
        case .folder: "it has to be a folder of yours that nobody else may enter (mode 0700); or choose another with --state"
        case .inUse: "stop it first, or give this run another name with --run"
        case .cannotListen: "see whether the disk is full, or choose another state folder with --state"
        case .notRunning: nil
        case .noAnswer: "see its log; it may be about to end"
        }
    }
}
