internal import Yams

/// Collects what is wrong while everything is read.
final class IssueLog {
    private let file: String
    private let overrides: [Scenario.Override]
    private var all: [ScenarioIssue] = []

    init(file: String, overrides: [Scenario.Override]) {
        self.file = file
        self.overrides = overrides
    }

    /// - Parameter mark: Where it stands; nil for what only an override made.
    func add(_ mark: Mark?, _ key: String, _ message: String, _ hint: String? = nil) {
        if let source = source(of: key, isInFile: mark != nil) {
            all.append(ScenarioIssue(file: source, line: 0, column: 0, key: key, message: message, hint: hint))
        } else {
            all.append(
                ScenarioIssue(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0, key: key, message: message, hint: hint))
        }
    }

    /// In the order of the file; those of overrides come last.
    var inOrder: [ScenarioIssue] {
        let sorted = all.enumerated().sorted { one, two in
            func place(_ issue: ScenarioIssue) -> (Int, Int) { (issue.line > 0 ? issue.line : .max, issue.column) }
            let (first, second) = (place(one.element), place(two.element))
            return first != second ? first < second : one.offset < two.offset
        }
        return sorted.map(\.element)
    }

    /// The override that set the key or a mapping around it; for what has no place in the file, also one that made its surroundings.
    private func source(of key: String, isInFile: Bool) -> String? {
        var path = key[...]
        while true {
            if let override = overrides.last(where: { $0.key == path || !isInFile && $0.key.hasPrefix(path + ".") }) {
                return override.source
            }
            guard let dot = path.lastIndex(of: ".") else { return nil }
            path = path[..<dot]
        }
    }
}
