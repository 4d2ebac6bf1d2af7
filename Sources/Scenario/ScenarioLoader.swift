internal import Foundation
public import Trading
internal import Yams

/// Reads a scenario file, applies overrides, and checks all of it.
public struct ScenarioLoader {
    private let strategies: [StrategySpecification]

    /// - Parameter strategies: What a scenario may name.
    public init(strategies: [StrategySpecification]) { self.strategies = strategies }

    /// - Parameters:
    ///   - environment: `MMSIM_SET__a__b=c` sets `a.b`.
    ///   - overrides: `a.b=c`, after the environment.
    /// - Throws: `ScenarioError` with everything that is wrong, in the file's order.
    public func load(path: String, environment: [String: String] = [:], overrides: [String] = []) throws(ScenarioError) -> Scenario {
        var isFolder: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        func fail(_ message: String, _ hint: String?) -> ScenarioError {
            ScenarioError(issues: [ScenarioIssue(file: path, line: 0, column: 0, key: "", message: message, hint: hint)])
        }
        guard exists else {
            let folder = (path as NSString).deletingLastPathComponent
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
            let close = Spelling.closest((path as NSString).lastPathComponent, names.filter { !$0.hasPrefix(".") })
            throw fail("there is no such file", close.map { "did you mean '\((folder as NSString).appendingPathComponent($0))'?" })
        }
        guard !isFolder.boolValue else { throw fail("it is a folder", "name a scenario file in it") }
        guard let data = FileManager.default.contents(atPath: path) else { throw fail("it can't be read", "check its permissions") }
        guard let text = String(data: data, encoding: .utf8) else { throw fail("it is not UTF-8 text", "a scenario is YAML or JSON") }
        return try resolve(text, file: path, environment: environment, overrides: overrides)
    }

    /// The same for text that is at hand; opens no file.
    public func resolve(_ text: String, file: String, environment: [String: String] = [:], overrides: [String] = []) throws(ScenarioError)
        -> Scenario
    {
        let prefix = "MMSIM_SET__"
        var changes: [Scenario.Override] = []
        for (key, value) in environment.sorted(by: { $0.key < $1.key }) where key.hasPrefix(prefix) {
            let path = key.dropFirst(prefix.count).split(separator: "_", omittingEmptySubsequences: false).joined(separator: "_")
            changes.append(.init(key: path.replacingOccurrences(of: "__", with: "."), value: value, source: key))
        }
        for override in overrides {
            guard let equals = override.firstIndex(of: "="), equals > override.startIndex else {
                throw ScenarioError(issues: [
                    ScenarioIssue(
                        file: "--set", line: 0, column: 0, key: "", message: "'\(override)' is not KEY=VALUE",
                        hint: "write --set strategy.name=xemm")
                ])
            }
            changes.append(
                .init(key: String(override[..<equals]), value: String(override[override.index(after: equals)...]), source: "--set"))
        }
        var root = try parse(text, file: file)
        for change in changes {
            let value: Node
            do { value = try Yams.compose(yaml: change.value) ?? Node("") } catch {
                throw ScenarioError(issues: [
                    ScenarioIssue(
                        file: change.source, line: 0, column: 0, key: change.key, message: "'\(change.value)' can't be read", hint: nil)
                ])
            }
            root = Self.setting(root, change.key.split(separator: ".").map(String.init)[...], to: value)
        }
        let issues = IssueLog(file: file)
        let resolver = ScenarioResolver(
            strategies: strategies, issues: issues, overridden: Dictionary(changes.map { ($0.key, $0.source) }) { $1 })
        let scenario = resolver.scenario(root, file: file, overrides: changes)
        guard let scenario, issues.all.isEmpty else { throw ScenarioError(issues: issues.all) }
        return scenario
    }

    private func parse(_ text: String, file: String) throws(ScenarioError) -> Node {
        func fail(_ line: Int, _ column: Int, _ message: String, _ hint: String?) -> ScenarioError {
            ScenarioError(issues: [ScenarioIssue(file: file, line: line, column: column, key: "", message: message, hint: hint)])
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if let tab = line.prefix(while: { $0 == " " || $0 == "\t" }).firstIndex(of: "\t") {
                let column = line.distance(from: line.startIndex, to: tab) + 1
                if !text.drop(while: \.isWhitespace).hasPrefix("{") {
                    throw fail(index + 1, column, "a tab stands where YAML wants blanks", "indent with blanks")
                }
            }
        }
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch let error as YamlError {
            let (line, column, problem) = Self.place(error)
            throw fail(line, column, problem, "check the indentation, quotes and colons there")
        } catch {
            throw fail(0, 0, "\(error)", nil)
        }
        guard let node else { throw fail(1, 1, "the file is empty", "see `mmsim scenario schema`, or start from a file in Scenarios/") }
        guard case .mapping = node else { throw fail(1, 1, "it is not a mapping of keys to values", "see `mmsim scenario schema`") }
        return node
    }

    private static func place(_ error: YamlError) -> (line: Int, column: Int, problem: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            return (mark.line, mark.column, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
            return (context.mark.line, context.mark.column, "the key \(names) stands twice")
        case .reader(let problem, _, _, _): return (0, 0, problem)
        default: return (0, 0, "\(error)")
        }
    }

    private static func setting(_ node: Node, _ path: ArraySlice<String>, to value: Node) -> Node {
        guard let key = path.first else { return value }
        var mapping: Node.Mapping = if case .mapping(let existing) = node { existing } else { Node.Mapping([]) }
        mapping[Node(key)] = setting(mapping[Node(key)] ?? Node.mapping(Node.Mapping([])), path.dropFirst(), to: value)
        return .mapping(mapping)
    }
}

/// Collects what is wrong while everything is read.
final class IssueLog {
    private let file: String
    private(set) var all: [ScenarioIssue] = []

    init(file: String) { self.file = file }

    func add(_ mark: Mark?, _ key: String, _ message: String, _ hint: String? = nil, source: String? = nil) {
        all.append(
            ScenarioIssue(
                file: source ?? file, line: source == nil ? mark?.line ?? 0 : 0, column: source == nil ? mark?.column ?? 0 : 0, key: key,
                message: message, hint: hint))
    }
}
