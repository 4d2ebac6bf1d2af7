internal import Foundation
public import Market
public import Signing
public import Venues

/// The folder where credentials are: a file for each, named as scenarios name it.
///
/// A file holds the secret as the venue gives it, on one line; or `secret: …`, and `api_key: …` that has to be of that secret.
public struct KeyFolder: Hashable, Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// - Parameter stated: What the command line says; else `MMSIM_KEYS`, else `mmsim/keys` among the user's configuration.
    public init(stated: String?, environment: [String: String]) {
        path = UserFolder.path(stated, "MMSIM_KEYS", "XDG_CONFIG_HOME", ".config", "mmsim/keys", environment)
    }

    /// The account that a credential logs in to.
    ///
    /// - Parameters:
    ///   - name: The scenario's name of the account.
    ///   - key: The credential's name; nil where the scenario states none.
    public func account(
        _ id: AccountID, _ name: String, key: String?, of venue: VenueProtocol
    ) throws(CredentialError) -> VenueAccount {
        guard let key else { throw .noKey(account: name) }
        guard !key.isEmpty, !key.hasPrefix("."), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw .wrongName(account: name)
        }
        let file = "\(path)/\(key)"
        return try SecretFile.read(file) { (bytes) throws(CredentialError) in
            let (secret, publicKey) = try Self.parts(bytes, file)
            let account: VenueAccount
            do throws(KeyError) { account = try venue.account(id, secret: secret) } catch { throw .malformed(path: file, error) }
            if let publicKey, publicKey != account.publicName { throw .otherKey(path: file) }
            return account
        }
    }

    /// A token of a service that is told of runs.
    public func token(_ name: String) throws(CredentialError) -> String {
        guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/") else { throw .wrongName(account: name) }
        let file = "\(path)/\(name)"
        return try SecretFile.read(file) { (bytes) throws(CredentialError) in
            let text = String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty, !text.contains("\n") else { throw .empty(path: file) }
            return text
        }
    }

    private static func parts(_ bytes: Span<UInt8>, _ file: String) throws(CredentialError) -> (secret: String, publicKey: String?) {
        var (secret, publicKey): (String?, String?)
        var (start, line) = (0, 0)
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            defer { start = end + 1 }
            line += 1
            let text = String(decoding: (start..<end).map { bytes[$0] }, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if text.isEmpty { continue }
            func value(_ label: String) -> String? {
                text.hasPrefix(label) ? text.dropFirst(label.count).trimmingCharacters(in: .whitespaces) : nil
            }
            if let value = value("api_key:") {
                guard publicKey == nil, !value.isEmpty else { throw .wrongLine(path: file, line: line) }
                publicKey = value
            } else {
                guard secret == nil else { throw .wrongLine(path: file, line: line) }
                secret = value("secret:") ?? text
            }
        }
        guard let secret, !secret.isEmpty else { throw .empty(path: file) }
        return (secret, publicKey)
    }
}

/// Why there is no login. Nothing of a file's content is told.
public enum CredentialError: Error, Equatable {
    case noKey(account: String)
    case wrongName(account: String)
    case missing(path: String)
    case unreadable(path: String, reason: String)
    case notOurs(path: String)
    case readableByOthers(path: String, mode: Int)
    case empty(path: String)
    case tooLarge(path: String, limit: Int)
    case wrongLine(path: String, line: Int)
    case malformed(path: String, KeyError)
    /// The API key in the file is not that of its secret.
    case otherKey(path: String)

    public var message: String {
        switch self {
        case .noKey(let account): "account '\(account)' names no key"
        case .wrongName(let account): "the key that account '\(account)' names is no name of a file"
        case .missing(let path): "there is no key '\(path)'"
        case .unreadable(let path, let reason): "the key '\(path)' can't be read: \(reason)"
        case .notOurs(let path): "the key '\(path)' belongs to another user"
        case .readableByOthers(let path, let mode): "the key '\(path)' is open to others: its mode is \(String(mode, radix: 8))"
        case .empty(let path): "the key '\(path)' holds no secret"
        case .tooLarge(let path, let limit): "the key '\(path)' is larger than \(limit) bytes"
        case .wrongLine(let path, let line): "the key '\(path)': line \(line) is one too many"
        case .malformed(let path, let error): "the key '\(path)': \(error.message)"
        case .otherKey(let path): "the key '\(path)': its api_key is not that of its secret"
        }
    }

    public var hint: String? {
        switch self {
        case .noKey(let account): "name the file that holds it: accounts.\(account).key"
        case .wrongName: "give the file's name alone, in plain letters: keys are looked for in one folder"
        case .missing(let path):
            "put the secret that the venue gave you there: (umask 077; cat > '\(path)'), or name another folder with --keys"
        case .unreadable: nil
        case .notOurs: "make a file of your own, or run as its owner"
        case .readableByOthers(let path, _): "chmod 600 '\(path)'; whoever could read it may have it: think of a new key"
        case .empty: "it holds the secret as the venue gives it, on one line"
        case .tooLarge: "a key is one line: is it another file?"
        case .wrongLine: "it holds the secret on one line, or the lines 'api_key: …' and 'secret: …'"
        case .malformed(_, let error): error.hint
        case .otherKey: "the two are of different keys: copy both from the venue again"
        }
    }
}

/// Where a user's files are.
enum UserFolder {
    /// - Parameters:
    ///   - stated: By the user; then `variable`, then `rest` under the folder of `standard`, or of `home` in the home folder.
    static func path(
        _ stated: String?, _ variable: String, _ standard: String, _ home: String, _ rest: String, _ environment: [String: String]
    ) -> String {
        if let stated, !stated.isEmpty { return stated }
        if let own = environment[variable], !own.isEmpty { return own }
        // Relative ones are to be ignored, says the standard.
        if let folder = environment[standard], folder.hasPrefix("/") { return "\(folder)/\(rest)" }
        return "\(environment["HOME"] ?? NSHomeDirectory())/\(home)/\(rest)"
    }
}
