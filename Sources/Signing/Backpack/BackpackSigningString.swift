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

    public init(_ instruction: BackpackInstruction, _ parameters: BackpackParameters = [:], valid window: BackpackWindow) {
        self.init([parameters], instruction, valid: window)
    }

    /// Several orders in one request, in the order of the array. An empty batch has no instruction, and no venue takes it.
    public static func batch(_ orders: [BackpackParameters], valid window: BackpackWindow) -> BackpackSigningString {
        precondition(!orders.isEmpty, "a batch holds at least one order")
        return BackpackSigningString(orders, .orderExecute, valid: window)
    }

    /// What a private subscription of a WebSocket signs.
    public static func subscribe(valid window: BackpackWindow) -> BackpackSigningString {
        BackpackSigningString(.subscribe, valid: window)
    }

    public var description: String { text }

    private init(_ clauses: [BackpackParameters], _ instruction: BackpackInstruction, valid window: BackpackWindow) {
        var text = ""
        text.reserveCapacity(256 * clauses.count)
        func append(_ name: String, _ value: String) {
            if !text.isEmpty { text.append("&") }
            text.append(name)
            text.append("=")
            text.append(value)
        }
        for parameters in clauses {
            append("instruction", instruction.rawValue)
            for parameter in parameters.sorted { append(parameter.name, parameter.value.plain) }
        }
        append("timestamp", String(window.timestamp))
        append("window", String(window.window))
        self.text = text
    }
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
