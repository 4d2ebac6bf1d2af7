internal import Foundation

/// Where running processes are reached: a folder that is its owner's alone, with a socket for each.
public enum ControlSocket {
    /// What fits the system's address of a socket, without the zero at its end.
    static let longestPath = 107
    private static let suffix = ".sock"

    /// - Parameter state: The state folder.
    public static func folder(state: String) -> String { state + "/run" }

    /// - Parameter run: The name of the run, which is one of a file.
    public static func path(state: String, run: String) -> String { "\(folder(state: state))/\(run)\(suffix)" }

    /// The names of the sockets that are there, sorted; some may be left from processes that have died.
    public static func names(state: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder(state: state))) ?? []
        return files.filter { $0.hasSuffix(suffix) && $0.count > suffix.count }.map { String($0.dropLast(suffix.count)) }.sorted()
    }

    /// Makes the folder of a socket, or sees that nobody else can enter it.
    static func prepareFolder(of path: String) throws(ControlError) {
        guard path.utf8.count <= longestPath else { throw .pathTooLong(path, longest: longestPath) }
        let folder = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let attributes = try FileManager.default.attributesOfItem(atPath: folder)
            guard (attributes[.ownerAccountID] as? NSNumber)?.uint32Value == geteuid() else {
                throw ControlError.folder(folder, reason: "it is somebody else's")
            }
            if (attributes[.posixPermissions] as? NSNumber)?.intValue != 0o700 {
                try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
            }
        } catch let error as ControlError { throw error } catch {
            throw .folder(folder, reason: (error as NSError).localizedDescription)
        }
    }

    /// Before the socket is bound nobody else can reach it: its folder is its owner's alone.
    static func protect(_ path: String) { try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path) }
}
