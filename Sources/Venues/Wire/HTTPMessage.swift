/// A request of a venue's REST interface: what is to be sent, and nothing of how.
public struct HTTPRequest: Hashable, Sendable {
    public enum Method: String, Hashable, Sendable, CaseIterable {
        case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
    }

    public struct Header: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    public var method: Method
    /// Path and query, as they stand in the request's first line.
    public var target: String
    public var headers: [Header]
    public var body: [UInt8]

    public init(_ method: Method, _ target: String, headers: [Header] = [], body: [UInt8] = []) {
        (self.method, self.target, self.headers, self.body) = (method, target, headers, body)
    }
}

/// What became of a request. Every one has exactly one outcome.
public enum HTTPOutcome: Sendable {
    case answered(status: Int, body: [UInt8])
    /// No byte of it was written: the venue can't have seen it.
    case notSent(reason: String)
    /// Bytes were written, and no whole answer came: nobody knows.
    case unknown(reason: String)
}
