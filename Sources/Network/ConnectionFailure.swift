internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Why there is no connection. Its text holds no header, body, query or password.
enum ConnectionFailure: Error, Equatable {
    /// The steps to a connection that is of use; each has its time-out.
    enum Stage: String {
        case connect = "TCP connection"
        case tunnel = "answer of the proxy"
        case secure = "end of the TLS handshake"
        case upgrade = "answer to the WebSocket upgrade"
    }

    case nameNotFound(host: String)
    case refused(place: String)
    case unreachable(place: String)
    case late(Stage, place: String, TimeAmount)
    case lost(Stage, place: String)
    case system(place: String, code: CInt)
    case proxyRefused(proxy: String, place: String, status: Int)
    case certificateExpired(host: String)
    case certificateNotYetValid(host: String)
    case unknownAuthority(host: String)
    case wrongHost(host: String)
    case insecure(host: String, reason: String)
    case upgradeRefused(place: String, status: Int)
    case upgradeMalformed(place: String)
    case setUp(NetworkError)
    case notUnderstood(Stage, place: String)

    var message: String {
        switch self {
        case .nameNotFound(let host): "no address can be found for the name '\(host)'"
        case .refused(let place): "\(place) refused the connection"
        case .unreachable(let place): "there is no route to \(place)"
        case .late(let stage, let place, let span): "no \(stage.rawValue) at \(place) within \(span.text)"
        case .lost(let stage, let place): "the connection to \(place) was closed before the \(stage.rawValue)"
        case .system(let place, let code): "no connection to \(place): \(SystemText.of(code))"
        case .proxyRefused(let proxy, let place, let status):
            "the proxy \(proxy) refused the tunnel to \(place) with status \(status)"
                + (status == 407 ? ": it wants a user and a password, or others" : "")
        case .certificateExpired(let host): "the certificate of \(host) has expired"
        case .certificateNotYetValid(let host): "the certificate of \(host) is not valid yet: is the clock right?"
        case .unknownAuthority(let host): "the certificate of \(host) is from an unknown authority"
        case .wrongHost(let host): "the certificate is not one for \(host)"
        case .insecure(let host, let reason): "no TLS with \(host): \(reason)"
        case .upgradeRefused(let place, let status): "\(place) refused the WebSocket with status \(status)"
        case .upgradeMalformed(let place): "\(place) answered the WebSocket upgrade with something else"
        case .setUp(let error): error.message
        case .notUnderstood(let stage, let place): "the \(stage.rawValue) at \(place) can't be understood"
        }
    }

    /// What NIO says of a connection that did not come about.
    static func of(_ error: any Error, host: String, place: String, within span: TimeAmount) -> ConnectionFailure {
        if let error = error as? NIOConnectionError {
            guard let last = error.connectionErrors.last else { return .nameNotFound(host: host) }
            return of(last.error, host: host, place: place, within: span)
        }
        if case .connectTimeout = error as? ChannelError { return .late(.connect, place: place, span) }
        guard let error = error as? IOError else { return .lost(.connect, place: place) }
        switch error.errnoCode {
        case ECONNREFUSED: return .refused(place: place)
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL: return .unreachable(place: place)
        case ETIMEDOUT: return .late(.connect, place: place, span)
        default: return .system(place: place, code: error.errnoCode)
        }
    }
}

extension TimeAmount {
    /// As people read it: `250 ms`, `5 s`.
    var text: String {
        nanoseconds % 1_000_000_000 == 0 ? "\(nanoseconds / 1_000_000_000) s" : "\(nanoseconds / 1_000_000) ms"
    }
}
