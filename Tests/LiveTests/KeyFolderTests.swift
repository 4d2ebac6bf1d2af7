import Foundation
import Live
import Market
import Signing
import TestSupport
import Testing
import Venues

/// Credentials as a user keeps them: files that only he may read.
@Suite struct KeyFolderTests {
    private static let secret = "TU1TSU0tQkFDS1BBQ0stVEVTVC1TRUVELTAwMDEhISE="
    private static let publicKey = "tbu1QbTE2jChHkIxZ+l75MQ06QLYgg8i0lgHC4b4jqc="
    private let scratch: TestFolder
    private var folder: KeyFolder { KeyFolder(path: scratch.path) }

    init() throws { scratch = try TestFolder() }

    private func put(_ text: String, mode: Int = 0o600) throws -> String {
        let path = scratch.path("main")
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func account(_ key: String? = "main") throws -> VenueAccount { try folder.account(AccountID(3), "M", key: key, of: .backpack) }

    private func error(_ key: String? = "main") -> CredentialError? {
        do { _ = try account(key) } catch { return error as? CredentialError }
        return nil
    }

    @Test(arguments: [
        secret, secret + "\n", "\n  \(secret)  \r\n", "secret: \(secret)\n", "api_key: \(publicKey)\nsecret: \(secret)\n",
        "secret:\(secret)\napi_key:\(publicKey)", "\(secret)\napi_key: \(publicKey)\n",
    ])
    func `a key is read as the venue gives it`(text: String) throws {
        _ = try put(text)
        let account = try account()
        #expect(account.publicName == Self.publicKey && account.id == AccountID(3))
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o610, 0o666])
    func `a key that others can get at is refused`(mode: Int) throws {
        let path = try put(Self.secret, mode: mode)
        #expect(error() == .readableByOthers(path: path, mode: mode))
        let text = try #require(error()).message
        #expect(text.hasSuffix(": its mode is \(String(mode, radix: 8))"))
    }

    @Test func `what is no key is refused, and never quoted`() throws {
        let path = scratch.path("main")
        #expect(error() == .missing(path: path))
        let secret = String(Self.secret.dropLast(4))
        let cases: [(String, CredentialError)] = [
            ("", .empty(path: path)), ("\n \n", .empty(path: path)), ("secret:\n", .empty(path: path)),
            (String(repeating: "A", count: 4_097), .tooLarge(path: path, limit: 4_096)),
            (secret, .malformed(path: path, .wrongLength(scheme: "ED25519", expected: 32, found: 30))),
            ("not a key", .malformed(path: path, .notBase64(scheme: "ED25519"))),
            ("\(Self.secret)\n\(Self.secret)\n", .wrongLine(path: path, line: 2)),
            ("api_key: \(Self.publicKey)\napi_key: \(Self.publicKey)\n", .wrongLine(path: path, line: 2)),
            ("api_key: \(Self.publicKey)\n", .empty(path: path)),
            ("api_key: AAAA\nsecret: \(Self.secret)\n", .otherKey(path: path)),
        ]
        for (text, expected) in cases {
            _ = try put(text)
            let found = try #require(error())
            #expect(found == expected)
            let told = "\(found) \(found.message) \(found.hint ?? "")"
            #expect(!told.contains(secret) && !told.contains(Self.publicKey) && !told.contains("AAAA") && !told.contains("not a key"))
        }
    }

    @Test func `only a plain file of one folder is a key`() throws {
        for name in ["../main", "a/b", "", "..", ".hidden", "a b", "a\nb"] { #expect(error(name) == .wrongName(account: "M")) }
        #expect(error(nil) == .noKey(account: "M"))
        try FileManager.default.createDirectory(atPath: scratch.path("folder"), withIntermediateDirectories: true)
        #expect(error("folder") == .unreadable(path: scratch.path("folder"), reason: "it is no file"))
        #expect(unsafe mkfifo(scratch.path("pipe"), 0o600) == 0)
        #expect(error("pipe") == .unreadable(path: scratch.path("pipe"), reason: "it is no file"))
    }

    @Test func `keys and state are where the user says, then the environment, then the standard`() {
        let home = ["HOME": "/home/u"]
        #expect(KeyFolder(stated: nil, environment: home).path == "/home/u/.config/mmsim/keys")
        #expect(StateFolder(stated: nil, environment: home).path == "/home/u/.local/state/mmsim")
        let standard = home.merging(["XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "relative"]) { $1 }
        #expect(KeyFolder(stated: nil, environment: standard).path == "/c/mmsim/keys")
        #expect(StateFolder(stated: nil, environment: standard).path == "/home/u/.local/state/mmsim")
        let own = standard.merging(["MMSIM_KEYS": "/k", "MMSIM_STATE": "s"]) { $1 }
        #expect(KeyFolder(stated: nil, environment: own).path == "/k")
        #expect(StateFolder(stated: nil, environment: own).path == "s")
        #expect(KeyFolder(stated: "mine", environment: own).path == "mine")
    }
}
