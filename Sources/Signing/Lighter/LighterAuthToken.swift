/// What opens an account's private endpoints and streams until a deadline.
///
///     1900000000:65:3:<160 hexadecimal digits>
public struct LighterAuthToken: Hashable, Sendable, CustomStringConvertible {
    /// Seconds of Unix time; the venue takes at most eight hours ahead.
    public let deadline: Int64
    public let account: Int64
    public let apiKey: UInt8
    public let signature: SchnorrSignature

    init(deadline: Int64, account: Int64, apiKey: UInt8, signature: SchnorrSignature) {
        self.deadline = deadline
        self.account = account
        self.apiKey = apiKey
        self.signature = signature
    }

    /// Reads a token in the one form that `description` writes; nothing for another.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, let deadline = Int64(parts[0]), let account = Int64(parts[1]), let apiKey = UInt8(parts[2]),
            let signature = SchnorrSignature(hexadecimal: parts[3])
        else { return nil }
        self.init(deadline: deadline, account: account, apiKey: apiKey, signature: signature)
        guard description == text else { return nil }
    }

    public var description: String { Self.message(deadline: deadline, account: account, apiKey: apiKey) + ":\(signature)" }

    public func isSigned(by key: LighterPublicKey) -> Bool {
        key.accepts(signature, of: Self.digest(of: Self.message(deadline: deadline, account: account, apiKey: apiKey)))
    }

    static func message(deadline: Int64, account: Int64, apiKey: UInt8) -> String { "\(deadline):\(account):\(apiKey)" }

    /// The hash of the text's bytes, eight an element and the last filled up with zeros.
    static func digest(of message: String) -> LighterDigest { LighterDigest(Poseidon2.quinticHash(elements(of: message))) }

    static func elements(of message: String) -> [Goldilocks] {
        var bytes = Array(message.utf8)
        bytes += repeatElement(0, count: (8 - bytes.count % 8) % 8)
        return stride(from: 0, to: bytes.count, by: 8).map { Goldilocks(reducing: littleEndian(bytes.span, at: $0)) }
    }
}

extension LighterSecretKey {
    /// - Parameter deadline: Seconds of Unix time.
    public func authToken(deadline: Int64, account: Int64, apiKey: UInt8) -> LighterAuthToken {
        let message = LighterAuthToken.message(deadline: deadline, account: account, apiKey: apiKey)
        return LighterAuthToken(
            deadline: deadline, account: account, apiKey: apiKey, signature: sign(LighterAuthToken.digest(of: message)))
    }
}
