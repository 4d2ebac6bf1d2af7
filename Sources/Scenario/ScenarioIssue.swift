/// One thing that is wrong with a scenario.
public struct ScenarioIssue: Error, Hashable, Sendable, CustomStringConvertible {
    public var file: String
    /// From 1; 0 where there is no place in the file.
    public var line: Int
    public var column: Int
    /// Such as `accounts.M.maker_fee`; empty for the whole file.
    public var key: String
    public var message: String
    public var hint: String?

    /// `file:line:column: key: message`.
    public var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
    }
}

/// All that is wrong with a scenario, in the order of the file.
public struct ScenarioError: Error, Hashable, Sendable {
    public var issues: [ScenarioIssue]
}
