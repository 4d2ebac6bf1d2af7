package import Feeds
package import Report
package import Runtime
package import Scenario
package import Tape

/// How a command fails: what happened, what to do, and the exit code.
package struct Failure: Error {
    package static let runFailed: Int32 = 1
    package static let usage: Int32 = 2
    package static let data: Int32 = 3
    package static let check: Int32 = 4
    package static let interrupted: Int32 = 130

    package var messages: [(message: String, hint: String?)]
    package var code: Int32

    package init(_ message: String, hint: String? = nil, code: Int32) {
        messages = [(message, hint)]
        self.code = code
    }

    package init(_ error: ScenarioError) {
        messages = error.issues.map { ($0.description, $0.hint) }
        code = Self.usage
    }

    package init(_ error: RunError) { self.init(error.message, hint: error.hint, code: error.exitCode) }
    package init(_ error: FeedError) {
        switch error {
        case .tape(let error): self.init(error)
        case .interrupted: self.init(error.message, hint: error.hint, code: Self.interrupted)
        case .cannotWrite: self.init(error.message, hint: error.hint, code: Self.runFailed)
        default: self.init(error.message, hint: error.hint, code: Self.data)
        }
    }

    package init(_ error: ReportError) {
        let code: Int32
        switch error {
        case .notAFolder, .notAReport, .alreadyExists: code = Self.usage
        case .notWritable, .diskFull: code = Self.runFailed
        }
        self.init(error.message, hint: error.hint, code: code)
    }

    package init(_ error: TapeError) {
        let code: Int32
        switch error {
        case .diskFull, .notWritable: code = Self.runFailed
        case .alreadyExists: code = Self.usage
        default: code = Self.data
        }
        self.init(error.message, hint: error.hint, code: code)
    }

    package init(_ error: QueryError) {
        switch error {
        case .tape(let error): self.init(error)
        case .statement, .notReading, .empty: self.init(error.message, hint: error.hint, code: Self.usage)
        case .failed: self.init(error.message, hint: error.hint, code: Self.runFailed)
        }
    }

    package func print() {
        for (message, hint) in messages {
            Terminal.error("error: \(message)")
            if let hint { Terminal.error("hint: \(hint)") }
        }
    }
}
