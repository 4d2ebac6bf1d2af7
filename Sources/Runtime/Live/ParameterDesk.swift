public import Market
public import Scenario
public import Strategies
public import Trading

/// What may be changed of a run's strategies while it goes on, by the names that a person uses.
///
/// Whatever is wrong with a change is said here, before the core hears of it: an instance made by the changed values has to be possible.
public struct ParameterDesk: Sendable {
    /// A change that may be made, and what a person is told of it.
    public struct Accepted: Sendable {
        public var change: ParameterChange
        /// `xemm.min_net: 3 bp → 4 bp`
        public var text: String
    }

    private struct Entry: Sendable {
        var label: String
        var name: String
        var specification: StrategySpecification
        var parameters: Parameters
        var binding: StrategyBinding
    }

    private let entries: [Entry]
    private let registry: StrategyRegistry

    /// - Parameter bindings: By instance.
    /// - Precondition: The registry has the scenario's strategies.
    public init(_ scenario: Scenario, bindings: [StrategyBinding], registry: StrategyRegistry) {
        self.registry = registry
        entries = zip(scenario.strategies, bindings).map { choice, binding in
            guard let specification = registry.specifications.first(where: { $0.name == choice.name }) else {
                preconditionFailure("there is no strategy '\(choice.name)'")
            }
            return Entry(
                label: choice.label, name: choice.name, specification: specification, parameters: choice.parameters, binding: binding)
        }
    }

    /// What an instance decides by now.
    public func parameters(of instance: StrategyID, in core: TradingCore) -> Parameters {
        let entry = entries[instance.index]
        var parameters = entry.parameters
        for change in core.changes(of: instance) {
            guard let (parameter, value) = change.meaning(in: entry.specification) else { continue }
            parameters.values[parameter.name] = value
        }
        return parameters
    }

    /// Values that are not the scenario's any more, by name.
    public func changed(_ instance: StrategyID, in core: TradingCore) -> [String: String] {
        let (entry, now) = (entries[instance.index], parameters(of: instance, in: core))
        return now.values.filter { entry.parameters.values[$0.key] != $0.value }.mapValues(\.text)
    }

    /// - Parameters:
    ///   - key: `min_net`, or `NAME.min_net` where there are several strategies; a scenario's own keys are understood, too.
    ///   - text: As a scenario writes it.
    public func change(_ key: String, to text: String, in core: TradingCore) throws(ParameterError) -> Accepted {
        let (index, name) = try place(key)
        let (entry, instance) = (entries[index], StrategyID(index))
        let specifications = entry.specification.parameters
        guard let place = specifications.firstIndex(where: { $0.name == name }) else {
            throw ParameterError(
                parameter: key, message: "\(entry.name) has no parameter '\(name)'",
                hint: Spelling.hint(name, specifications.map(\.name)) ?? updatable(entry))
        }
        guard specifications[place].isLiveUpdatable else {
            throw ParameterError(
                parameter: key, message: "'\(name)' can't change while the run goes on",
                hint: "stop the run, change the scenario, and start it again; \(updatable(entry))")
        }
        let value: ParameterValue
        do { value = try specifications[place].value(text: text) } catch {
            throw ParameterError(parameter: key, message: error.message, hint: error.hint)
        }
        var parameters = parameters(of: instance, in: core)
        let old = parameters.values.updateValue(value, forKey: name)
        _ = try registry.make(entry.name, parameters, entry.binding)
        guard let change = ParameterChange(value, of: place, in: entry.specification, instance: instance) else {
            throw ParameterError(parameter: key, message: "it can't be \(value.text)", hint: nil)
        }
        return Accepted(change: change, text: "\(entry.label).\(name): \(old.map { "\($0.text) → " } ?? "")\(value.text)")
    }

    private func updatable(_ entry: Entry) -> String {
        let names = entry.specification.parameters.filter(\.isLiveUpdatable).map(\.name)
        return names.isEmpty ? "no parameter of \(entry.name) can" : "these can: \(names.joined(separator: ", "))"
    }

    private func place(_ key: String) throws(ParameterError) -> (instance: Int, name: String) {
        var words = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let name = words.popLast(), !name.isEmpty else {
            throw ParameterError(parameter: key, message: "'\(key)' names no parameter", hint: "write it like min_net=4bp")
        }
        if words.last == "parameters" { words.removeLast() }
        if words == ["strategy"] || words.count == 2 && words[0] == "strategies" { words.removeFirst() }
        let labels = entries.map(\.label)
        switch words.count {
        case 0 where entries.count == 1: return (0, name)
        case 0:
            throw ParameterError(
                parameter: key, message: "the run has several strategies",
                hint: "say which: \(labels.map { "\($0).\(name)" }.joined(separator: ", "))")
        case 1:
            if let index = labels.firstIndex(of: words[0]) { return (index, name) }
            fallthrough
        default:
            let found = words.joined(separator: ".")
            throw ParameterError(
                parameter: key, message: "there is no strategy '\(found)'",
                hint: Spelling.hint(found, labels) ?? "there are: \(labels.joined(separator: ", "))")
        }
    }
}
