internal import NIOCore
internal import NIOSSL

/// Whose certificates are believed: those of the system's authorities, and of a file of further ones.
public struct TLSTrust: Hashable, Sendable {
    /// A file of certificates in PEM format, for a server with a certificate of one's own.
    public var authorities: String?

    public init(authorities: String? = nil) { self.authorities = authorities }

    /// - Parameter farewell: How long a peer may take to close TLS in order.
    func clientContext(farewell: TimeAmount) throws(NetworkError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .fullVerification
        configuration.minimumTLSVersion = .tlsv12
        configuration.shutdownTimeout = farewell
        configuration.applicationProtocols = ["http/1.1"]
        if let authorities {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(authorities), !certificates.isEmpty else {
                throw .unreadableAuthority(path: authorities)
            }
            configuration.additionalTrustRoots = [.certificates(certificates)]
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch { throw .unusableTLS(reason: "\(error)") }
    }
}

/// The files by which a listener shows who it is.
public struct TLSIdentity: Hashable, Sendable {
    /// The certificate, and those that lead to its authority, in PEM format.
    public var certificate: String
    /// Its private key in PEM format.
    public var key: String

    public init(certificate: String, key: String) { (self.certificate, self.key) = (certificate, key) }

    func serverContext() throws(NetworkError) -> NIOSSLContext {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate), !chain.isEmpty else {
            throw .unreadableCertificate(path: certificate)
        }
        guard let secret = try? NIOSSLPrivateKey(file: key, format: .pem) else { throw .unreadableKey(path: key) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(secret))
        configuration.minimumTLSVersion = .tlsv12
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch { throw .unusableTLS(reason: "certificate and key don't belong together") }
    }
}

extension ConnectionFailure {
    /// What TLS says of a handshake that failed; the certificate is the server's, as far as it came.
    static func ofHandshake(
        _ error: any Error, host: String, place: String, certificate: NIOSSLCertificate?, now: Int
    ) -> ConnectionFailure {
        if (error as? NIOSSLExtraError) == .failedToValidateHostname { return .wrongHost(host: host) }
        guard let error = error as? NIOSSLError else { return .lost(.secure, place: place) }
        switch error {
        case .unableToValidateCertificate: return .wrongHost(host: host)
        case .handshakeFailed(.sslError(let causes)):
            let text = causes.map(\.description).joined(separator: " ")
            if text.contains("CERTIFICATE_VERIFY_FAILED") {
                if let certificate, certificate.notValidAfter < now { return .certificateExpired(host: host) }
                if let certificate, certificate.notValidBefore > now { return .certificateNotYetValid(host: host) }
                return .unknownAuthority(host: host)
            }
            if causes.contains(.eofDuringHandshake) { return .lost(.secure, place: place) }
            if text.contains("WRONG_VERSION_NUMBER") { return .insecure(host: host, reason: "the answer is not TLS") }
            return .insecure(host: host, reason: causes.first.map { word(of: $0.description) } ?? "the handshake failed")
        case .uncleanShutdown: return .lost(.secure, place: place)
        default: return .insecure(host: host, reason: "the handshake failed")
        }
    }

    /// The last part of a library's message: `…:SSL routines:OPENSSL_internal:NO_SHARED_CIPHER at file:line`.
    private static func word(of text: String) -> String {
        let message = text.firstRange(of: " at ").map { text[..<$0.lowerBound] } ?? text[...]
        return message.split(separator: ":").last.map { $0.lowercased().replacing("_", with: " ") } ?? "the handshake failed"
    }
}
