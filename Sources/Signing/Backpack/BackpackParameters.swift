/// A parameter of a request as Backpack signs it: text without quotes, no percent-encoding.
public enum BackpackValue: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case flag(Bool)

    public var plain: String {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        }
    }
}

/// The parameters of a request, each name once, in the order in which they are signed.
public struct BackpackParameters: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    public struct Parameter: Hashable, Sendable {
        public let name: String
        public let value: BackpackValue
    }

    /// By the bytes of their names, capitals first, as the venue sorts; Swift's own order of strings may differ from it.
    public private(set) var sorted: [Parameter] = []

    public init(dictionaryLiteral parameters: (String, BackpackValue)...) { self.init(parameters.map { (key: $0, value: $1) }) }

    public init(_ parameters: some Collection<(key: String, value: BackpackValue)>) {
        sorted.reserveCapacity(parameters.count)
        for (name, value) in parameters { self[name] = value }
    }

    public var isEmpty: Bool { sorted.isEmpty }

    /// Where they are set in their order, each goes to the end at once.
    public subscript(name: String) -> BackpackValue? {
        get { sorted.first { $0.name == name }?.value }
        set {
            var place = sorted.count
            while place > 0, name.utf8.lexicographicallyPrecedes(sorted[place - 1].name.utf8) { place -= 1 }
            if place > 0, sorted[place - 1].name == name {
                place -= 1
                sorted.remove(at: place)
            }
            if let newValue { sorted.insert(Parameter(name: name, value: newValue), at: place) }
        }
    }
}
