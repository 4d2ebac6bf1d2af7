internal import Market
internal import Signing
internal import Venues

/// What a request says of who signed it, and the check of that against what arrived.
struct BackpackCredentials {
    let key: String
    private let timestamp: String
    private let window: String
    private let signature: String

    /// - Throws: Where a header is missing.
    init(_ headers: [HTTPRequest.Header]) throws(BackpackFault) {
        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        guard let key = header("x-api-key") else { throw .unauthorized }
        guard let timestamp = header("x-timestamp") else { throw .invalidTimestamp }
        guard let signature = header("x-signature") else { throw .invalidSignature }
        (self.key, self.timestamp, self.signature) = (key, timestamp, signature)
        window = header("x-window") ?? String(BackpackWindow.defaultWindow)
    }

    /// The four texts of a private subscription: key, signature, timestamp and window.
    init?(_ subscription: [String]) {
        guard subscription.count == 4 else { return nil }
        (key, signature, timestamp, window) = (subscription[0], subscription[1], subscription[2], subscription[3])
    }

    /// - Parameters:
    ///   - clauses: What was asked for: instruction and parameters, one after the other for a batch.
    ///   - key: nil: a signature is there, and believed.
    /// - Throws: Where the time has run out, is not yet, or what was signed is something else.
    func check(
        _ clauses: [(instruction: BackpackInstruction, parameters: [BackpackParameter])], _ key: Ed25519PublicKey?, at now: Timestamp
    )
        throws(BackpackFault)
    {
        guard let time = Int64(timestamp), time >= 0, time < 9_000_000_000_000 else { throw .invalidTimestamp }
        guard let span = Int64(window), (1...BackpackWindow.largestWindow).contains(span) else { throw .invalidWindow }
        let milliseconds = floorQuotient(now.nanoseconds, 1_000_000)
        guard time + span >= milliseconds else { throw .expired }
        guard time <= milliseconds + span else { throw .invalidTimestamp }
        guard let signature = Ed25519Signature(base64: signature) else { throw .invalidSignature }
        guard let key else { return }
        let (raw, encoded) = (text(clauses, isEncoded: false), text(clauses, isEncoded: true))
        // One client signs values as a query writes them.
        guard key.accepts(signature, of: raw) || (encoded != raw && key.accepts(signature, of: encoded)) else { throw .invalidSignature }
    }

    private func text(_ clauses: [(instruction: BackpackInstruction, parameters: [BackpackParameter])], isEncoded: Bool) -> String {
        var parts: [String] = []
        for clause in clauses {
            parts.append("instruction=\(clause.instruction.rawValue)")
            for parameter in clause.parameters.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
                parts.append("\(parameter.name)=\(isEncoded ? RequestTarget.encoded(parameter.plain) : parameter.plain)")
            }
        }
        return (parts + ["timestamp=\(timestamp)", "window=\(window)"]).joined(separator: "&")
    }
}

/// A parameter of a request: of its body or of its query.
struct BackpackParameter: Hashable, Sendable {
    var name: String
    var value: JSONValue

    /// As it is signed: texts without quotes, numbers as they were sent.
    var plain: String {
        switch value {
        case .text(let text): text
        case .null, .flag, .number, .list, .object: value.text
        }
    }
}
