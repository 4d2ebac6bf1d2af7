/// A parameter of a request as Backpack signs it: text without quotes, no percent-encoding.
public enum BackpackValue: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case flag(Bool)

    public var plain: String {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        }
    }
}

/// The validity of a request: from `timestamp` for `window`, both in milliseconds.
public struct BackpackWindow: Hashable, Sendable {
    public static let defaultWindow: Int64 = 5_000
    public static let largestWindow: Int64 = 60_000

    public let timestamp: Int64
    public let window: Int64

    /// Valid for as long as where a request states no window.
    public init(timestamp: Int64) {
        self.timestamp = timestamp
        window = Self.defaultWindow
    }

    /// Nothing unless `window` is positive and at most a minute, the venue's limit.
    public init?(timestamp: Int64, window: Int64) {
        guard (1...Self.largestWindow).contains(window) else { return nil }
        self.timestamp = timestamp
        self.window = window
    }
}

/// The text that a request to Backpack signs.
///
///     instruction=orderCancel&orderId=28&symbol=BTC_USDT&timestamp=1614550000000&window=5000
///
/// A parameter that is present is signed, `false` too; one that is absent must be absent from the request as well.
public struct BackpackSigningString: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init(_ instruction: BackpackInstruction, _ parameters: [String: BackpackValue] = [:], valid window: BackpackWindow) {
        text = Self.clause(instruction, parameters) + Self.validity(window)
    }

    /// Several orders in one request, in the order of the array. An empty batch has no instruction, and no venue takes it.
    public static func batch(_ orders: [[String: BackpackValue]], valid window: BackpackWindow) -> BackpackSigningString {
        precondition(!orders.isEmpty, "a batch holds at least one order")
        let clauses = orders.map { clause(.orderExecute, $0) }.joined(separator: "&")
        return BackpackSigningString(text: clauses + validity(window))
    }

    /// What a private subscription of a WebSocket signs.
    public static func subscribe(valid window: BackpackWindow) -> BackpackSigningString {
        BackpackSigningString(.subscribe, valid: window)
    }

    public var description: String { text }

    private init(text: String) { self.text = text }

    private static func clause(_ instruction: BackpackInstruction, _ parameters: [String: BackpackValue]) -> String {
        // Byte order, capitals first, as the venue sorts; Swift's own order of strings may differ from it.
        let sorted = parameters.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return sorted.reduce(into: "instruction=\(instruction.rawValue)") { $0 += "&\($1.key)=\($1.value.plain)" }
    }

    private static func validity(_ window: BackpackWindow) -> String { "&timestamp=\(window.timestamp)&window=\(window.window)" }
}

extension Ed25519SecretKey {
    public func sign(_ request: BackpackSigningString) -> Ed25519Signature { sign(request.text) }

    /// The four signature elements of a private subscription: API key, signature, timestamp and window.
    public func subscription(valid window: BackpackWindow) -> [String] {
        [publicKey.base64, sign(.subscribe(valid: window)).base64, String(window.timestamp), String(window.window)]
    }

    /// The signed headers of a request, in the venue's order.
    public func headers(for request: BackpackSigningString, valid window: BackpackWindow) -> [(name: String, value: String)] {
        [
            ("X-API-Key", publicKey.base64), ("X-Timestamp", String(window.timestamp)),
            ("X-Window", String(window.window)), ("X-Signature", sign(request).base64),
        ]
    }
}
