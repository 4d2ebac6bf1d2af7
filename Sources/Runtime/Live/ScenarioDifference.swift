/// What has changed between two canonical texts of a scenario, key by key.
public struct ScenarioDifference: Hashable, Sendable {
    public enum Change: Hashable, Sendable {
        case added(key: String, value: String)
        case removed(key: String, value: String)
        case changed(key: String, from: String, to: String)

        public var text: String {
            switch self {
            case .added(let key, let value): "+ \(key) = \(value)"
            case .removed(let key, let value): "- \(key) = \(value)"
            case .changed(let key, let from, let to): "~ \(key) = \(to), was \(from)"
            }
        }
    }

    /// Sorted by key.
    public let changes: [Change]

    public init(from old: String, to new: String) {
        let (before, after) = (Self.values(old), Self.values(new))
        changes = Set(before.keys).union(after.keys).sorted().compactMap { key in
            switch (before[key], after[key]) {
            case (nil, let value?): .added(key: key, value: value)
            case (let value?, nil): .removed(key: key, value: value)
            case (let from?, let to?) where from != to: .changed(key: key, from: from, to: to)
            default: nil
            }
        }
    }

    private static func values(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let mark = line.firstRange(of: " = ")
            values[String(mark.map { line[..<$0.lowerBound] } ?? line)] = String(mark.map { line[$0.upperBound...] } ?? "")
        }
        return values
    }
}
