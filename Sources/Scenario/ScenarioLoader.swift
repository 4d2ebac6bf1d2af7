internal import Market
internal import Foundation
public import Trading
internal import Yams

/// Reads a scenario file, applies overrides, and checks all of it.
public struct ScenarioLoader {
    private let strategies: [StrategySpecification]
    private let bytes: (String) -> [UInt8]?

    /// - Parameters:
    ///   - strategies: What a scenario may name.
    ///   - bytes: Of a file that a scenario names, tapes aside; nil if it can't be read. Default: from the disk.
    public init(strategies: [StrategySpecification], bytes: ((String) -> [UInt8]?)? = nil) {
        self.strategies = strategies
        self.bytes = bytes ?? { FileManager.default.contents(atPath: $0).map(Array.init) }
    }

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

    /// The same for text that is at hand; of files it opens only recorded latencies that the text names.
    public func resolve(_ text: String, file: String, environment: [String: String] = [:], overrides: [String] = []) throws(ScenarioError)
        -> Scenario
    {
        var root = try Self.parse(text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text, file: file)
        let prefix = "MMSIM_SET__"
        var wanted: [(key: String, value: String, source: String)] = []
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix) {
            wanted.append((name.dropFirst(prefix.count).replacingOccurrences(of: "__", with: "."), value, name))
        }
        var malformed: [ScenarioIssue] = []
        for override in overrides {
            guard let equals = override.firstIndex(of: "=") else {
                malformed.append(
                    .init(
                        file: "--set", line: 0, column: 0, key: "", message: "'\(override)' is not KEY=VALUE",
                        hint: "write --set strategy.name=xemm"))
                continue
            }
            wanted.append((String(override[..<equals]), String(override[override.index(after: equals)...]), "--set"))
        }
        var changes: [Scenario.Override] = []
        for (key, value, source) in wanted {
            let path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !path.contains("") else {
                malformed.append(
                    .init(
                        file: source, line: 0, column: 0, key: key, message: "'\(key)' is not a key",
                        hint: "name it from the top, such as strategy.name"))
                continue
            }
            guard let node = try? Self.compose(value) ?? Node("") else {
                malformed.append(
                    .init(
                        file: source, line: 0, column: 0, key: key, message: "'\(value)' can't be read",
                        hint: "check its quotes and brackets"))
                continue
            }
            root = Self.setting(root, path[...], to: node)
            changes.append(.init(key: key, value: value, source: source))
        }
        let issues = IssueLog(file: file, overrides: changes)
        let latencies = LatencyReader(files: LatencySamples(scenario: file, bytes: bytes))
        let resolved = ScenarioResolver(strategies: strategies, issues: issues, latencies: latencies).scenario(
            root, file: file, overrides: changes)
        guard var scenario = resolved, issues.inOrder.isEmpty, malformed.isEmpty else {
            throw ScenarioError(issues: issues.inOrder + malformed)
        }
        do { scenario.source = try Yams.serialize(node: root) } catch {
            throw ScenarioError(issues: [
                ScenarioIssue(
                    file: file, line: 0, column: 0, key: "", message: "it can't be written down again: \(error)",
                    hint: "write it in plainer YAML")
            ])
        }
        return scenario
    }

    /// Every scalar stays text: what `1`, `NO` or `1e3` mean is decided where they are read.
    private static func compose(_ text: String) throws -> Node? { try Yams.compose(yaml: text, .basic) }

    /// - Parameters:
    ///   - advice: Where a file is no mapping of keys.
    ///   - start: What is added to it where there is nothing at all.
    static func parse(
        _ text: String, file: String, advice: String = "see `mmsim scenario schema`", start: String = ", or start from a file in Scenarios/"
    ) throws(ScenarioError) -> Node {
        func fail(_ line: Int, _ column: Int, _ message: String, _ hint: String?) -> ScenarioError {
            ScenarioError(issues: [ScenarioIssue(file: file, line: line, column: column, key: "", message: message, hint: hint)])
        }
        if !text.drop(while: \.isWhitespace).hasPrefix("{") {
            for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
                guard let tab = line.prefix(while: { $0 == " " || $0 == "\t" }).firstIndex(of: "\t") else { continue }
                let column = line.distance(from: line.startIndex, to: tab) + 1
                throw fail(index + 1, column, "a tab stands where YAML wants blanks", "indent with blanks")
            }
        }
        let node: Node?
        do { node = try compose(text) } catch let error as YamlError {
            let (line, column, problem) = place(error)
            let isDuplicate = if case .duplicatedKeysInMapping = error { true } else { false }
            throw fail(line, column, problem, isDuplicate ? "name it once" : "check the indentation, quotes and colons there")
        } catch {
            throw fail(0, 0, "\(error)", nil)
        }
        guard let node else { throw fail(1, 1, "the file is empty", advice + start) }
        guard case .mapping = node else { throw fail(1, 1, "it is not a mapping of keys to values", advice) }
        return node
    }

    private static func place(_ error: YamlError) -> (line: Int, column: Int, problem: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return (mark.line, mark.column, (context.map { $0.text + ", " } ?? "") + problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
            return (context.mark.line, context.mark.column, "the key \(names) stands twice")
        case .reader(let problem, _, _, _): return (0, 0, problem)
        default: return (0, 0, "\(error)")
        }
    }

    private static func setting(_ node: Node, _ path: ArraySlice<String>, to value: Node) -> Node {
        guard let name = path.first else { return value }
        var mapping: Node.Mapping = if case .mapping(let existing) = node { existing } else { Node.Mapping([]) }
        let key = mapping.keys.first { $0.scalar?.string == name } ?? Node(name)
        mapping[key] = setting(mapping[key] ?? .mapping(Node.Mapping([])), path.dropFirst(), to: value)
        return .mapping(mapping)
    }
}
