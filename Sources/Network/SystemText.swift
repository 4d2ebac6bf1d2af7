internal import Glibc

/// What the system says of an error's number.
enum SystemText {
    static func of(_ code: CInt) -> String { unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)" }
}
