internal import Market
internal import Trading
internal import Yams

/// One mapping of a scenario, read key by key; what is wrong goes to the log and reading goes on.
struct SectionReader {
    let path: String
    private let entries: [String: (key: Node, value: Node)]
    private let mark: Mark?
    private let issues: IssueLog

    /// nil, with an issue, when the node is not a mapping. Keys that the section lacks or does not know are issues at once.
    init?(_ node: Node, path: String, section: String?, issues: IssueLog) {
        guard case .mapping(let mapping) = node else {
            issues.add(node.mark, path, "it must be a mapping of keys to values")
            return nil
        }
        self.path = path
        self.issues = issues
        mark = node.mark
        let known = section.map { ScenarioSchema.keys($0) }
        var entries: [String: (key: Node, value: Node)] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                issues.add(key.mark, path, "a key must be one word")
                continue
            }
            entries[name] = (key, value)
            guard let known, !known.contains(where: { $0.name == name }) else { continue }
            let names = known.map(\.name)
            let hint = Spelling.hint(name, names) ?? "known keys: \(names.joined(separator: ", "))"
            issues.add(key.mark, Self.join(path, name), "there is no such key", hint)
        }
        self.entries = entries
        for key in known ?? [] where key.isRequired && entries[key.name] == nil {
            issues.add(mark, Self.join(path, key.name), "it is missing", key.summary)
        }
    }

    private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : path + "." + key }

    /// The user's own names in it, sorted.
    var names: [String] { entries.keys.sorted() }

    /// The user's own names in a mapping of this one, whether they are right or not.
    func names(in key: String) -> [String] { node(key)?.mapping?.keys.compactMap { $0.scalar?.string }.sorted() ?? [] }

    func node(_ key: String) -> Node? { entries[key]?.value }

    /// Says what is wrong with a key's value, or with what is missing.
    func fail(_ key: String, at place: Node? = nil, _ message: String, _ hint: String? = nil) {
        let mark = if let node = place ?? node(key) { node.mark } else { mark }
        issues.add(mark, Self.join(path, key), message, hint)
    }

    /// Says what is wrong with a name that stands as a key.
    func refuse(_ name: String, _ message: String, _ hint: String? = nil) {
        issues.add(entries[name]?.key.mark, Self.join(path, name), message, hint)
    }

    func section(_ key: String, _ section: String?) -> SectionReader? {
        node(key).flatMap { SectionReader($0, path: Self.join(path, key), section: section, issues: issues) }
    }

    /// The text of a scalar. A bare number is text too: what is read from it decides whether it lacks a unit.
    func text(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        guard let text = Self.word(node) else {
            fail(key, "it must be one value")
            return nil
        }
        return text
    }

    /// nil for lists, mappings, nothing (`~`), and text that would break a line of the canonical form.
    private static func word(_ node: Node) -> String? {
        guard let scalar = node.scalar, !scalar.string.isEmpty else { return nil }
        if scalar.style == .plain, ["~", "null", "Null", "NULL"].contains(scalar.string) { return nil }
        return scalar.string.unicodeScalars.contains { $0.properties.generalCategory == .control } ? nil : scalar.string
    }

    /// The values of a list, or the one value that stands for a list of one.
    func elements(_ key: String) -> [(text: String, node: Node)]? {
        guard let node = node(key) else { return nil }
        guard case .sequence(let sequence) = node else { return text(key).map { [($0, node)] } }
        var elements: [(text: String, node: Node)] = []
        for element in sequence {
            guard let text = Self.word(element) else {
                fail(key, at: element, "it must be a list of values")
                return nil
            }
            elements.append((text, element))
        }
        return elements
    }

    private func read<Value>(_ key: String, _ body: (String) throws(UnitText.Failure) -> Value) -> Value? {
        guard let text = text(key) else { return nil }
        do { return try body(text) } catch {
            fail(key, error.message, error.hint)
            return nil
        }
    }

    func duration(_ key: String, _ range: ClosedRange<Nanoseconds>) -> Nanoseconds? {
        read(key) { (text) throws(UnitText.Failure) in
            let span = try UnitText.duration(text)
            guard range.contains(span) else {
                throw .init(
                    message: "'\(text)' is out of range",
                    hint: "allowed: \(UnitText.round(range.lowerBound)) to \(UnitText.round(range.upperBound))")
            }
            return span
        }
    }

    func rate(_ key: String, _ range: ClosedRange<Rate>) -> Rate? {
        read(key) { (text) throws(UnitText.Failure) in
            let rate = try UnitText.rate(text)
            guard range.contains(rate) else {
                throw .init(
                    message: "'\(text)' is out of range",
                    hint: "allowed: \(UnitText.text(range.lowerBound)) to \(UnitText.text(range.upperBound))")
            }
            return rate
        }
    }

    func ratio(_ key: String, _ range: ClosedRange<Rate>) -> Rate? {
        read(key) { (text) throws(UnitText.Failure) in
            let ratio = Rate(trillionths: try UnitText.decimal(text, decimals: 12, of: text))
            guard range.contains(ratio) else {
                throw .init(message: "'\(text)' is out of range", hint: "allowed: \(range.lowerBound) to \(range.upperBound)")
            }
            return ratio
        }
    }

    func flag(_ key: String) -> Bool? {
        read(key) { (text) throws(UnitText.Failure) in
            guard let flag = ["true": true, "false": false][text] else { throw .init(message: "'\(text)' is not true or false") }
            return flag
        }
    }

    func amount(_ key: String, mayBeZero: Bool = false) -> Money? {
        read(key) { (text) throws(UnitText.Failure) in
            let money = try UnitText.amount(text)
            if money.nanos < 0 { throw .init(message: "'\(text)' is negative") }
            if money.nanos == 0, !mayBeZero { throw .init(message: "'\(text)' is not more than nothing") }
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
        guard let elements = elements(specification.name) else { return nil }
        do { return try specification.value(elements.map(\.text)) } catch {
            fail(specification.name, error.message, error.hint ?? specification.allowedText)
            return nil
        }
    }
}
