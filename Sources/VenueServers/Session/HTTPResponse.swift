public import Venues

/// What a server answers to a request.
public struct HTTPResponse: Hashable, Sendable {
    public var status: Int
    public var headers: [HTTPRequest.Header]
    public var body: [UInt8]

    public init(_ status: Int, headers: [HTTPRequest.Header] = [], body: [UInt8] = []) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    static func json(_ value: JSONValue, status: Int = 200, headers: [HTTPRequest.Header] = []) -> HTTPResponse {
        HTTPResponse(
            status, headers: [HTTPRequest.Header("Content-Type", "application/json; charset=utf-8")] + headers,
            body: Array(value.text.utf8))
    }

    static func plain(_ text: String) -> HTTPResponse {
        HTTPResponse(200, headers: [HTTPRequest.Header("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
    }
}
