internal import Tape

extension RunError {
    /// What a tape's fault means for a run.
    init(_ error: TapeError, path: String) {
        self = .tape(path: path, message: error.message, hint: error.hint)
    }
}
