import Foundation
import Network
import TestSupport

/// An authority of the tests' own, and certificates from it; made by the openssl command.
struct TestCertificates: Sendable {
    static let isAvailable = (try? run(["version"])) != nil
    /// Made once, for all tests.
    static let shared = Result { try TestCertificates() }

    private let folder: TestFolder
    var trust: TLSTrust { TLSTrust(authorities: folder.path("authority.pem")) }

    func identity(_ name: String) -> TLSIdentity { TLSIdentity(certificate: folder.path("\(name).pem"), key: folder.path("\(name).key")) }

    private init() throws {
        folder = try TestFolder()
        try Self.run(
            ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test authority", "-out", folder.path("authority.pem")]
                + Self.key(folder.path("authority.key")))
        try make("good", names: "DNS:localhost,IP:127.0.0.1", days: 2)
        try make("other", names: "DNS:other.test", days: 2)
        try make("expired", names: "DNS:localhost,IP:127.0.0.1", days: -1)
    }

    private func make(_ name: String, names: String, days: Int) throws {
        let (request, extensions) = (folder.path("\(name).csr"), folder.path("\(name).ext"))
        try "subjectAltName=\(names)\n".write(toFile: extensions, atomically: true, encoding: .utf8)
        try Self.run(["req", "-nodes", "-subj", "/CN=test", "-out", request] + Self.key(folder.path("\(name).key")))
        try Self.run([
            "x509", "-req", "-in", request, "-CA", folder.path("authority.pem"), "-CAkey", folder.path("authority.key"), "-set_serial",
            "\(name.utf8.count)", "-days", "\(days)", "-extfile", extensions, "-out", folder.path("\(name).pem"),
        ])
    }

    private static func key(_ path: String) -> [String] { ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", path] }

    private struct Failed: Error { var arguments: [String] }

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
    }
}
