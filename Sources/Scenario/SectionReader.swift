internal import Market
internal import Trading
internal import Yams

/// One mapping of a scenario, read key by key; what is wrong goes to the log and reading goes on.
struct SectionReader {
    let path: String
    private let mapping: Node.Mapping
    private let mark: Mark?
    private let issues: IssueLog
    private let overridden: [String: String]

    /// nil, with an issue, when the node is not a mapping. Unknown keys are issues at once.
    init?(_ node: Node, path: String, section: String?, issues: IssueLog, overridden: [String: String]) {
        guard case .mapping(let mapping) = node else {
            issues.add(node.mark, path, "it must be a mapping of keys to values")
            return nil
        }
        self.path = path
        self.mapping = mapping
        self.issues = issues
        self.overridden = overridden
        mark = node.mark
        guard let section else { return }
        let known = ScenarioSchema.keys(section).map(\.name)
        for (key, _) in mapping {
            guard let name = key.scalar?.string, !known.contains(name) else { continue }
            let hint = Spelling.hint(name, known) ?? "known keys: \(known.joined(separator: ", "))"
            issues.add(key.mark, Self.join(path, name), "there is no such key", hint, source: overridden[Self.join(path, name)])
        }
        for key in ScenarioSchema.keys(section) where key.isRequired && mapping[Node(key.name)] == nil {
            issues.add(mark, Self.join(path, key.name), "it is missing", key.summary)
        }
    }

    private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : path + "." + key }

    /// The user's own names in it, sorted.
    var names: [String] { mapping.keys.compactMap { $0.scalar?.string }.sorted() }

    func node(_ key: String) -> Node? { mapping[Node(key)] }

    func fail(_ key: String, _ message: String, _ hint: String? = nil) {
        let full = Self.join(path, key)
        issues.add(node(key)?.mark ?? mark, full, message, hint, source: overridden[full])
    }

    func section(_ key: String, _ section: String?) -> SectionReader? {
        node(key).flatMap { SectionReader($0, path: Self.join(path, key), section: section, issues: issues, overridden: overridden) }
    }

    /// The text of a scalar. A bare number is text too: what is read from it decides whether it lacks a unit.
    func text(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty else {
            fail(key, "it must be one value")
            return nil
        }
        return text
    }

    func texts(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        if case .sequence(let sequence) = node {
            let texts = sequence.compactMap { $0.scalar?.string }
            guard texts.count == sequence.count else {
                fail(key, "it must be a list of values")
                return nil
            }
            return texts
        }
        return text(key).map { [$0] }
    }

    private func read<Value>(_ key: String, _ body: (String) throws(UnitText.Failure) -> Value) -> Value? {
        guard let text = text(key) else { return nil }
        do { return try body(text) } catch {
            fail(key, error.message, error.hint)
            return nil
        }
    }

    func duration(_ key: String) -> Nanoseconds? {
        read(key) { (text) throws(UnitText.Failure) in
            let span = try UnitText.duration(text)
            guard span.count >= 0 else { throw .init(message: "it is negative") }
            return span
        }
    }

    func rate(_ key: String) -> Rate? { read(key, UnitText.rate) }
    func amount(_ key: String) -> Money? {
        read(key) { (text) throws(UnitText.Failure) in
            let money = try UnitText.amount(text)
            guard money.nanos >= 0 else { throw .init(message: "it is negative") }
            return money
        }
    }

    func integer(_ key: String, _ range: ClosedRange<Int64>) -> Int64? {
        read(key) { (text) throws(UnitText.Failure) in
            let value = try UnitText.integer(text)
            guard range.contains(value) else {
                throw .init(message: "\(value) is out of range", hint: "allowed: \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }

    func instant(_ key: String) -> Timestamp? {
        read(key) { (text) throws(UnitText.Failure) in
            guard let time = Timestamp(iso8601: text) else {
                throw .init(message: "'\(text)' is not an instant", hint: "write \"2024-08-08T23:55:00Z\"")
            }
            return time
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default fallback: Choice) -> Choice
    where Choice.RawValue == String {
        guard let text = text(key) else { return fallback }
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        fail(key, "'\(text)' is not one of \(names.joined(separator: ", "))", Spelling.hint(text, names))
        return fallback
    }

    func currency(_ key: String) -> Currency? {
        read(key) { (text) throws(UnitText.Failure) in
            guard let currency = Currency(text) else {
                throw .init(message: "'\(text)' is not a currency", hint: "such as USD, USDC or BTC")
            }
            return currency
        }
    }

    func parameter(_ specification: ParameterSpecification) -> ParameterValue? {
        guard let texts = texts(specification.name) else { return nil }
        do { return try specification.value(texts) } catch {
            fail(specification.name, error.message, error.hint ?? "allowed: \(specification.rangeText)")
            return nil
        }
    }
}
