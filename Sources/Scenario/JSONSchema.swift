internal import Market
internal import Trading

/// The table of keys and the strategies' parameters as a JSON Schema.
struct JSONSchema {
    /// Ends with a line end.
    let text: String

    private static let duration: Tree = pattern("^[0-9.]+ ?(ns|us|ms|s|min|m|h|d)$")
    private static let rate: Tree = pattern("^[-+]?[0-9.]+ ?(bp|%)$")
    private static let amount: Tree = pattern("^[0-9.]+ ?[A-Z0-9]{1,8}$")
    private static let decimal: Tree = pattern("^[-+]?[0-9.]+$")
    private static let string: Tree = ["type": "string"]

    init(_ strategies: [StrategySpecification]) {
        var definitions: [(String, Tree)] = []
        for section in ScenarioSchema.sections where !section.name.isEmpty {
            var body = Self.body(section.keys)
            if section.name.hasPrefix("strategy") { body = Self.joined(body, ["allOf": .list(strategies.map(Self.condition))]) }
            definitions.append((section.name, body))
        }
        for strategy in strategies { definitions.append((Self.name(strategy), Self.parameters(strategy))) }
        let head: Tree = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mmsim scenario", "$defs": .object(definitions),
        ]
        let either: Tree = ["oneOf": .list(["strategy", "strategies"].map { ["required": .list([.text($0)])] })]
        text = Self.joined(Self.joined(head, Self.body(ScenarioSchema.keys(""))), either).json() + "\n"
    }

    private static func pattern(_ pattern: String) -> Tree { ["type": "string", "pattern": .text(pattern)] }
    private static func reference(_ name: String) -> Tree { ["$ref": .text("#/$defs/\(name)")] }
    private static func map(_ value: Tree) -> Tree { ["type": "object", "additionalProperties": value] }
    private static func list(_ item: Tree) -> Tree { ["type": "array", "items": item, "minItems": 1] }
    private static func name(_ strategy: StrategySpecification) -> String { "parameters of \(strategy.name)" }

    private static func joined(_ one: Tree, _ two: Tree) -> Tree {
        guard case .object(let first) = one, case .object(let second) = two else { preconditionFailure("only objects are joined") }
        return .object(first + second)
    }

    private static func body(_ keys: [ScenarioSchema.Key]) -> Tree {
        let properties = keys.map { ($0.name, joined(["description": .text($0.summary)], type($0.shape))) }
        return [
            "type": "object", "additionalProperties": false, "required": .list(keys.filter(\.isRequired).map { .text($0.name) }),
            "properties": .object(properties),
        ]
    }

    private static func type(_ shape: ScenarioSchema.Shape) -> Tree {
        switch shape {
        case .text: string
        case .integer: ["type": "integer"]
        case .decimal: ["anyOf": .list([decimal, ["type": "number"]])]
        case .duration: duration
        case .durations: ["anyOf": .list([duration, list(duration)])]
        case .rate: rate
        case .amount: amount
        case .instant: string
        case .choice(let choices): ["enum": .list(choices.map { .text($0) })]
        case .list(.path): ["anyOf": .list([string, list(string)])]
        case .list(.amount): ["anyOf": .list([amount, list(amount)])]
        case .section(let name): reference(name)
        case .sections(let name): ["type": "array", "items": reference(name)]
        case .named(let name): map(reference(name))
        case .words: map(string)
        case .symbols: map(map(string))
        case .rates: map(["anyOf": .list([decimal, reference("rate")])])
        case .parameters: ["type": "object"]
        case .flag: ["type": "boolean"]
        case .ratio: decimal
        case .choiceOrSection(let choices, let name): ["anyOf": .list([["enum": .list(choices.map { .text($0) })], reference(name)])]
        case .latency: ["anyOf": .list(latencies)]
        case .latencies: ["anyOf": .list(latencies + [reference("latency by request")])]
        case .quantiles: map(duration)
        }
    }

    private static var latencies: [Tree] { [duration] + LatencyReader.Model.allCases.map { reference($0.section) } }

    /// The roles and parameters that hold when the strategy is this one.
    private static func condition(_ strategy: StrategySpecification) -> Tree {
        let roles = strategy.roles.map { ($0.name, joined(["description": .text($0.summary)], string)) }
        return [
            "if": ["properties": ["name": ["const": .text(strategy.name)]]],
            "then": [
                "required": .list(strategy.parameters.contains { $0.defaultText == nil } ? ["name", "parameters"] : ["name"]),
                "properties": [
                    "parameters": reference(name(strategy)),
                    "accounts": [
                        "additionalProperties": false, "required": .list(strategy.roles.filter { !$0.isOptional }.map { .text($0.name) }),
                        "properties": .object(roles),
                    ],
                ],
            ],
        ]
    }

    private static func parameters(_ strategy: StrategySpecification) -> Tree {
        let properties = strategy.parameters.map { parameter in
            let fallback = parameter.defaultText.map { " Default \($0.joined(separator: " .. "))." } ?? ""
            let description = "\(parameter.summary) \(parameter.rangeText).\(fallback)"
            let type = type(parameter)
            let whole = parameter.mayBeUnlimited ? ["anyOf": .list([type, ["const": "unlimited"]])] : type
            return (parameter.name, joined(["description": .text(description)], whole))
        }
        return [
            "type": "object", "additionalProperties": false,
            "required": .list(strategy.parameters.filter { $0.defaultText == nil }.map { .text($0.name) }),
            "properties": .object(properties),
        ]
    }

    private static func type(_ parameter: ParameterSpecification) -> Tree {
        switch parameter.kind {
        case .duration: duration
        case .durationRange: ["type": "array", "items": duration, "minItems": 2, "maxItems": 2]
        case .rate: rate
        case .integer(let range): ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .factor: decimal
        case .amount: amount
        case .boolean: ["type": "boolean"]
        case .choice(let choices): ["enum": .list(choices.map { .text($0) })]
        }
    }
}

/// A JSON value whose keys keep their order.
private indirect enum Tree: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByDictionaryLiteral
{
    case text(String)
    case integer(Int64)
    case boolean(Bool)
    case list([Tree])
    case object([(String, Tree)])

    init(stringLiteral text: String) { self = .text(text) }
    init(integerLiteral number: Int64) { self = .integer(number) }
    init(booleanLiteral flag: Bool) { self = .boolean(flag) }
    init(dictionaryLiteral pairs: (String, Tree)...) { self = .object(pairs) }

    func json(indent: String = "") -> String {
        let inner = indent + "  "
        func block(_ open: String, _ lines: [String], _ close: String) -> String {
            lines.isEmpty ? open + close : "\(open)\n" + lines.map { inner + $0 }.joined(separator: ",\n") + "\n\(indent)\(close)"
        }
        switch self {
        case .text(let text): return JSONString.quoted(text)
        case .integer(let number): return String(number)
        case .boolean(let flag): return flag ? "true" : "false"
        case .list(let items): return block("[", items.map { $0.json(indent: inner) }, "]")
        case .object(let pairs): return block("{", pairs.map { "\(JSONString.quoted($0.0)): \($0.1.json(indent: inner))" }, "}")
        }
    }
}
