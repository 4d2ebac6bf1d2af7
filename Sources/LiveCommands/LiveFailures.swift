internal import Commands
internal import Live
internal import Network

extension Failure {
    init(_ error: NetworkError) { self.init(error.message, hint: error.hint, code: Self.usage) }
    init(_ error: InquiryError) { self.init(error.message, hint: error.hint, code: Self.runFailed) }
    init(_ error: CredentialError) { self.init(error.message, hint: error.hint, code: Self.usage) }

    init(_ error: StateError) {
        let code: Int32
        switch error {
        case .corrupt: code = Self.data
        case .inUse, .sameAccount: code = Self.usage
        case .cannotRead, .cannotWrite, .exhausted: code = Self.runFailed
        }
        self.init(error.message, hint: error.hint, code: code)
    }
}
