internal import NIOCore
internal import Venues

/// The bytes of a request, of which some are always the same.
struct RequestHead {
    private let path: String
    /// From behind the target to where the request's own headers begin.
    private let constant: [UInt8]

    /// - Throws: `NetworkError.malformedHeader`.
    init(for endpoint: Endpoint, headers: [HTTPRequest.Header]) throws(NetworkError) {
        path = endpoint.path
        var text = " HTTP/1.1\r\nHost: \(endpoint.authority)\r\n"
        for header in headers {
            guard Self.isSendable(header) else { throw .malformedHeader(name: header.name) }
            text += "\(header.name): \(header.value)\r\n"
        }
        constant = Array(text.utf8)
    }

    /// What keeps a request from being written; nil if nothing does. Names, never values.
    func objection(to request: HTTPRequest) -> String? {
        guard request.target.utf8.first == UInt8(ascii: "/"), request.target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "its target can't be sent"
        }
        for header in request.headers where !Self.isSendable(header) { return "a header can't be sent" }
        return nil
    }

    func write(_ request: HTTPRequest, into buffer: inout ByteBuffer) {
        buffer.writeString(request.method.rawValue)
        buffer.writeInteger(UInt8(ascii: " "))
        buffer.writeString(path)
        buffer.writeString(request.target)
        buffer.writeBytes(constant)
        for header in request.headers {
            buffer.writeString(header.name)
            buffer.writeStaticString(": ")
            buffer.writeString(header.value)
            buffer.writeStaticString("\r\n")
        }
        if !request.body.isEmpty || [.post, .put, .patch].contains(request.method) {
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(request.body.count))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(request.body)
    }

    func writeUpgrade(key: String, into buffer: inout ByteBuffer) {
        buffer.writeString("GET \(path.isEmpty ? "/" : path)")
        buffer.writeBytes(constant)
        buffer.writeString("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n\r\n")
    }

    /// The headers by which a connection tells messages apart are not for a request to give.
    private static let ours: Set = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "expect"]

    /// A header that can't break out of its line.
    static func isSendable(_ header: HTTPRequest.Header) -> Bool {
        guard !header.name.isEmpty, header.name.utf8.allSatisfy(isTokenByte) else { return false }
        guard header.value.utf8.allSatisfy({ ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F }) else { return false }
        // The usual headers of a venue begin with X: nothing to look up.
        return header.name.utf8.first.map { $0 | 0x20 } == UInt8(ascii: "x") || !ours.contains(header.name.lowercased())
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
