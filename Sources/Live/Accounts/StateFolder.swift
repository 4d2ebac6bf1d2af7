internal import Foundation
internal import Signing
internal import Venues

/// The folder of what runs remember: a folder for each account, and what was confirmed last of each scenario.
public struct StateFolder: Hashable, Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// - Parameter stated: What the command line says; else `MMSIM_STATE`, else `mmsim` among the user's state.
    public init(stated: String?, environment: [String: String]) {
        path = UserFolder.path(stated, "MMSIM_STATE", "XDG_STATE_HOME", ".local/state", "mmsim", environment)
    }

    /// Named by the venue and what is public of the key.
    func folder(of account: VenueAccount) -> String {
        let venue =
            switch account {
            case .backpack: VenueProtocol.backpack.rawValue
            }
        return "\(path)/accounts/\(venue)-\(sha256(account.publicName).description.prefix(16))"
    }

    // MARK: Scenarios

    /// Named by its name, whatever is in it.
    private func file(ofScenario name: String) -> String { "\(path)/scenarios/\(sha256(name).description.prefix(16))" }

    /// The canonical text of a scenario as it was confirmed last; nil where it never was.
    public func confirmed(_ scenario: String) throws(StateError) -> String? {
        let path = file(ofScenario: scenario)
        guard let text = try StateFile.read(path) else { return nil }
        guard let end = text.firstIndex(of: "\n"), text[..<end] == "hash \(sha256(String(text[text.index(after: end)...])))" else {
            throw .corrupt(path: path, expected: "the text that its first line is the hash of")
        }
        return String(text[text.index(after: end)...])
    }

    public func confirm(_ scenario: String, _ canonicalText: String) throws(StateError) {
        try StateFile.makeFolder(path)
        try StateFile.makeFolder("\(path)/scenarios")
        try StateFile.write("hash \(sha256(canonicalText))\n\(canonicalText)", to: file(ofScenario: scenario))
    }

    /// Bytes that are free where the state is, or will be; nil where that can't be known.
    public static func freeBytes(at path: String) -> Int64? {
        var folder = path
        var status = statvfs()
        while unsafe statvfs(folder.isEmpty ? "." : folder, &status) != 0 {
            guard errno == ENOENT, !folder.isEmpty, folder != "/" else { return nil }
            folder = (folder as NSString).deletingLastPathComponent
        }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }
}
