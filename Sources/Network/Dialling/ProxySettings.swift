internal import Glibc

/// Which connections go through a proxy: read from the environment's variables, as curl reads them.
///
/// `https_proxy` for https and wss, `http_proxy` for http and ws, `all_proxy` for what neither names, `no_proxy` for hosts that are
/// reached without one; each in small letters or capitals, of which the small ones count first. `HTTP_PROXY` is read too, which curl
/// leaves to the requests of CGI programs. Every proxy is asked for a tunnel, for http and ws also.
public struct ProxySettings: Sendable {
    private let environment: [String: String]

    public init(environment: [String: String] = [:]) { self.environment = environment }

    /// - Returns: The proxy on the way to an endpoint; nil if there is none.
    func proxy(to endpoint: Endpoint) throws(NetworkError) -> Proxy? {
        let own = endpoint.scheme.isSecure ? "https_proxy" : "http_proxy"
        guard !isExempt(endpoint.host), let (name, url) = value(of: own) ?? value(of: "all_proxy") else { return nil }
        let proxy = try Proxy(url: url, variable: name)
        guard !(endpoint.scheme.isSecure && endpoint.isAddress) else { throw .addressBehindProxy(host: endpoint.host) }
        return proxy
    }

    /// A variable that is set to nothing counts as one that isn't set.
    private func value(of name: String) -> (name: String, url: String)? {
        for name in [name, name.uppercased()] {
            if let value = environment[name], !value.isEmpty { return (name, value) }
        }
        return nil
    }

    /// Whether `no_proxy` lists the host: itself, a domain that it is in, a network, or `*` for all.
    private func isExempt(_ host: String) -> Bool {
        guard let list = value(of: "no_proxy")?.url else { return false }
        if list == "*" { return true }
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        let address = IPAddress(host)
        return list.lowercased().split(whereSeparator: { ", \t".contains($0) }).contains { entry in
            if let address { return address.isIn(entry) }
            var domain = entry
            if domain.first == "." { domain.removeFirst() }
            if domain.last == "." { domain.removeLast() }
            return !domain.isEmpty && (name == domain || name.hasSuffix("." + domain))
        }
    }
}

/// A proxy that is asked for tunnels; its text shows no password.
struct Proxy: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int
    /// The value of `Proxy-Authorization`.
    let authorization: String?

    var description: String { "\(HostAndPort.bracketed(host)):\(port)" }

    /// - Parameter variable: Where the URL stands, for errors, which don't show it.
    init(url: String, variable: String) throws(NetworkError) {
        var rest = url[...]
        if let mark = url.firstRange(of: "://") {
            let scheme = url[..<mark.lowerBound].lowercased()
            guard scheme == "http" else { throw .unsupportedProxy(scheme: scheme) }
            rest = url[mark.upperBound...]
        }
        if let end = rest.firstIndex(where: { "/?#".contains($0) }) { rest = rest[..<end] }
        var credentials: [UInt8]?
        if let at = rest.lastIndex(of: "@") {
            let login = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let user = Self.unescaped(login[0]), let password = Self.unescaped(login.count > 1 ? login[1] : "") else {
                throw .malformedProxy(variable: variable)
            }
            credentials = user + [UInt8(ascii: ":")] + password
            rest = rest[rest.index(after: at)...]
        }
        guard let (host, port) = HostAndPort.split(rest) else { throw .malformedProxy(variable: variable) }
        (self.host, self.port) = (host, port ?? 1_080)
        authorization = credentials.map { "Basic " + Base64.text($0) }
    }

    private static func unescaped(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest.removeFirst(2)
        }
        return bytes
    }
}

/// The text form of bytes that headers use.
enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * UInt32($1.offset)) }
            for place in 0..<4 {
                let letter = Self.letters[Int(bits >> (18 - 6 * UInt32(place)) & 63)]
                text.append(place <= group.count ? letter : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// An address in bits, to be compared with networks.
private struct IPAddress {
    /// 4 or 16.
    private let bytes: [UInt8]

    init?(_ text: some StringProtocol) {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if unsafe inet_pton(family, String(text), &bytes) == 1 {
                self.bytes = bytes
                return
            }
        }
        return nil
    }

    /// Whether it is the entry's address, or in its network (`10.0.0.0/8`).
    func isIn(_ entry: Substring) -> Bool {
        let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var host = parts[0]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard let network = IPAddress(host), network.bytes.count == bytes.count else { return false }
        guard parts.count == 2 else { return network.bytes == bytes }
        guard let length = Int(parts[1]), (0...bytes.count * 8).contains(length) else { return false }
        for (place, (own, other)) in zip(bytes, network.bytes).enumerated() {
            let bits = min(8, max(0, length - place * 8))
            if (own ^ other) >> (8 - bits) != 0 { return false }
        }
        return true
    }
}
