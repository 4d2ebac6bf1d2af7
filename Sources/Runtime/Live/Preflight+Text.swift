extension Preflight {
    /// The findings as a table, a hint and what else there is to say of one below it.
    public static func table(_ findings: [Finding]) -> String {
        let rows = findings.map { [$0.verdict.rawValue, $0.check, $0.account] }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines: [String] = []
        for (finding, row) in zip(findings, rows) {
            let start = zip(row, widths).map { word, width in width == 0 ? "" : word + String(repeating: " ", count: width - word.count + 2)
            }
            lines.append(start.joined() + finding.text)
            let indent = String(repeating: " ", count: start.joined().count)
            lines += finding.details.map { indent + $0 }
            if let hint = finding.hint { lines.append(indent + "hint: " + hint) }
        }
        return lines.joined(separator: "\n")
    }

    /// The worst that was found; ok where nothing was.
    public static func verdict(_ findings: [Finding]) -> Verdict {
        if findings.contains(where: { $0.verdict == .refused }) { return .refused }
        return findings.contains { $0.verdict == .warning } ? .warning : .ok
    }
}
