internal import Foundation

/// The interactive chart library that a page embeds, from the system's package; nothing of it is part of this project.
public struct ChartLibrary: Sendable {
    public var script: String
    public var stylesheet: String

    /// dygraphs (MIT) as Debian's libjs-dygraphs installs it; nil where it is not installed.
    public static func installed(in folder: String = "/usr/share/javascript/dygraphs") -> ChartLibrary? {
        guard let script = try? String(contentsOfFile: folder + "/dygraph.min.js", encoding: .utf8),
            let stylesheet = try? String(contentsOfFile: folder + "/dygraph.min.css", encoding: .utf8),
            !script.contains("</script"), !stylesheet.contains("</style")
        else { return nil }
        let notice = "/* dygraphs, MIT licence, (c) Dan Vanderkam and contributors: https://dygraphs.com */\n"
        return ChartLibrary(script: notice + withoutSourceMap(script), stylesheet: withoutSourceMap(stylesheet))
    }

    private static func withoutSourceMap(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains("sourceMappingURL=") }.joined(separator: "\n")
    }
}
