internal import Foundation

/// The folder of one run's report: written beside its final place and moved there whole.
///
/// An earlier report of the same name stays until the new one is complete; a failed run leaves nothing under the name. A folder
/// that holds something else is never replaced.
public final class RunFolder {
    /// Where the report will be.
    public let path: String
    /// Where its files are written until `publish`.
    public let draft: String
    private var isPublished = false
    /// What every report has, and by which an earlier one is known.
    private static let mark = "report.json"

    /// - Throws: `ReportError` when the folder can't be made or is in use for something else.
    public init(path given: String) throws(ReportError) {
        var path = given
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        draft = path + ".part"
        var isFolder: ObjCBool = false
        if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
            throw .notAFolder(path: path)
        }
        let isPlace = ["", ".", "..", "/"].contains((path as NSString).lastPathComponent)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard !isPlace, names.isEmpty || names.contains(Self.mark) else { throw .notAReport(path: given) }
        do {
            if FileManager.default.fileExists(atPath: draft) { try FileManager.default.removeItem(atPath: draft) }
            try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: true)
        } catch {
            throw .notWritable(path: draft, reason: Self.reason(error))
        }
    }

    deinit {
        if !isPublished { try? FileManager.default.removeItem(atPath: draft) }
    }

    /// The place of a file while the report is being written.
    public func file(_ name: String) -> String { draft + "/" + name }

    /// Writes a whole file.
    public func write(_ text: String, to name: String) throws(ReportError) {
        let file = try OutputFile(creating: file(name))
        try file.write(text)
        try file.finish()
    }

    /// Moves the finished report to its place.
    public func publish() throws(ReportError) {
        let old = path + ".old"
        do {
            let files = FileManager.default
            if files.fileExists(atPath: old) { try files.removeItem(atPath: old) }
            if files.fileExists(atPath: path) { try files.moveItem(atPath: path, toPath: old) }
            try files.moveItem(atPath: draft, toPath: path)
            isPublished = true
            if files.fileExists(atPath: old) { try files.removeItem(atPath: old) }
        } catch {
            throw .notWritable(path: path, reason: Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
        return cause.domain == NSPOSIXErrorDomain ? unsafe String(cString: strerror(Int32(cause.code))) : cause.localizedDescription
    }
}
