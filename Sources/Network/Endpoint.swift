internal import NIOCore

/// Where to connect to, as a URL says it.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        case http, https, ws, wss

        public var isSecure: Bool { self == .https || self == .wss }
        var defaultPort: Int { isSecure ? 443 : 80 }
    }

    public let scheme: Scheme
    /// A name, or an address without brackets; in small letters.
    public let host: String
    public let port: Int
    /// What stands before each request's own path; empty or `/…` without a slash at its end.
    public let path: String

    public init(_ url: String) throws(NetworkError) {
        guard let mark = url.firstRange(of: "://") else { throw .malformedURL(reason: "it has no scheme") }
        let word = url[..<mark.lowerBound].lowercased()
        guard let scheme = Scheme(rawValue: word) else { throw .wrongScheme(found: word, expected: "http, https, ws or wss") }
        let rest = url[mark.upperBound...]
        let pathStart = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var path = rest[pathStart...]
        guard !path.contains(where: { "?#".contains($0) }) else { throw .malformedURL(reason: "it has a query or a fragment") }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .malformedURL(reason: "its path has a character to be escaped")
        }
        while path.last == "/" { path.removeLast() }
        let place = rest[..<pathStart]
        guard !place.contains("@") else { throw .malformedURL(reason: "it has a user") }
        guard let (host, port) = HostAndPort.split(place) else { throw .malformedURL(reason: "its host or port can't be read") }
        (self.scheme, self.host, self.port, self.path) = (scheme, host, port ?? scheme.defaultPort, String(path))
    }

    /// Host and port, where it isn't the usual one: the value of a request's `Host`.
    public var authority: String { port == scheme.defaultPort ? HostAndPort.bracketed(host) : place }
    /// Host and port.
    var place: String { "\(HostAndPort.bracketed(host)):\(port)" }
    public var description: String { "\(scheme.rawValue)://\(authority)\(path)" }
    var isAddress: Bool { HostAndPort.isAddress(host) }
}

/// Hosts and ports as they stand in URLs.
enum HostAndPort {
    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }

    /// `host`, `host:port`, `[address]` or `[address]:port`; nil for anything else.
    static func split(_ text: Substring) -> (host: String, port: Int?)? {
        var host = text
        var portText: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard host.contains(":"), isAddress(String(host)), rest.isEmpty || rest.first == ":" else { return nil }
            if !rest.isEmpty { portText = rest.dropFirst() }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        let isPlain = host.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x3A).contains(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F
        }
        guard !host.isEmpty, isPlain else { return nil }
        guard let portText else { return (host.lowercased(), nil) }
        guard portText.allSatisfy(\.isWholeNumber), let port = Int(portText), (1...65_535).contains(port) else { return nil }
        return (host.lowercased(), port)
    }
}
