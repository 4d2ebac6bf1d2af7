/// What is wrong with how the network was set up: said before a socket is opened.
public enum NetworkError: Error, Equatable {
    /// The URL itself isn't told: it may hold a password.
    case malformedURL(reason: String)
    case wrongScheme(found: String, expected: String)
    case unsupportedProxy(scheme: String)
    case malformedProxy(variable: String)
    /// A certificate is checked against the address that is connected to, which would be the proxy's.
    case addressBehindProxy(host: String)
    case unreadableAuthority(path: String)
    case unreadableCertificate(path: String)
    case unreadableKey(path: String)
    case unusableTLS(reason: String)
    case malformedHeader(name: String)
    case notLoopback(host: String)
    case cannotListen(host: String, port: Int, reason: String)

    public var message: String {
        switch self {
        case .malformedURL(let reason): "not a URL to connect to: \(reason)"
        case .wrongScheme(let found, let expected): "the URL's scheme is '\(found)', expected \(expected)"
        case .unsupportedProxy(let scheme): "a proxy by '\(scheme)' is not supported"
        case .malformedProxy(let variable): "\(variable) holds no URL of a proxy"
        case .addressBehindProxy(let host): "\(host) is an address, and a proxy stands before it: its certificate can't be checked"
        case .unreadableAuthority(let path): "no certificates can be read from '\(path)'"
        case .unreadableCertificate(let path): "no certificate can be read from '\(path)'"
        case .unreadableKey(let path): "no private key can be read from '\(path)'"
        case .unusableTLS(let reason): "TLS can't be set up: \(reason)"
        case .malformedHeader(let name): "the header '\(name)' can't be sent"
        case .notLoopback(let host): "'\(host)' is not an address of this machine alone"
        case .cannotListen(let host, let port, let reason): "can't listen on \(host):\(port): \(reason)"
        }
    }

    public var hint: String? {
        switch self {
        case .malformedURL: "write it as https://host[:port][/path], without user, query and fragment"
        case .wrongScheme: nil
        case .unsupportedProxy: "use one by http, which is asked for a tunnel"
        case .malformedProxy: "write it as http://[user:password@]host:port"
        case .addressBehindProxy: "give its name, or list it in NO_PROXY"
        case .unreadableAuthority, .unreadableCertificate, .unreadableKey: "give a readable file in PEM format"
        case .unusableTLS, .malformedHeader: nil
        case .notLoopback: "use 127.0.0.1 or ::1"
        case .cannotListen: "choose another port, or 0 for any that is free"
        }
    }
}
