internal import Foundation
public import Trading

/// What a person, or a program on their behalf, asks a running process.
public enum ControlRequest: Hashable, Sendable {
    case status
    /// Ends the run in order: orders are cancelled, positions stay.
    case stop
    case kill(KillLevel)
    case flatten
    case set(key: String, value: String)
}

/// What the process answers.
public struct ControlAnswer: Hashable, Sendable {
    public var isDone: Bool
    /// For a person: what was done, or why not. Of a status its JSON.
    public var text: String
    public var hint: String?

    public init(isDone: Bool, text: String, hint: String? = nil) { (self.isDone, self.text, self.hint) = (isDone, text, hint) }

    public static func done(_ text: String) -> ControlAnswer { ControlAnswer(isDone: true, text: text) }
    public static func refused(_ text: String, hint: String? = nil) -> ControlAnswer {
        ControlAnswer(isDone: false, text: text, hint: hint)
    }
}

/// One line of JSON each.
extension ControlRequest {
    private struct Line: Codable {
        var request: String
        var level: UInt8?
        var key: String?
        var value: String?
    }

    var line: String {
        let line =
            switch self {
            case .status: Line(request: "status")
            case .stop: Line(request: "stop")
            case .kill(let level): Line(request: "kill", level: level.rawValue)
            case .flatten: Line(request: "flatten")
            case .set(let key, let value): Line(request: "set", key: key, value: value)
            }
        return ControlLine.text(line)
    }

    /// - Throws: `ControlAnswer`, which says what is wrong with the line.
    init(line: some Sequence<UInt8>) throws(ControlAnswer) {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)) else {
            throw .refused("the request is not understood", hint: "send one line such as {\"request\":\"status\"}")
        }
        switch (line.request, line.level, line.key, line.value) {
        case ("status", nil, nil, nil): self = .status
        case ("stop", nil, nil, nil): self = .stop
        case ("flatten", nil, nil, nil): self = .flatten
        case ("kill", let number?, nil, nil):
            guard let level = KillLevel(rawValue: number) else {
                throw .refused("there is no kill level \(number)", hint: "levels are 1 to 4")
            }
            self = .kill(level)
        case ("set", nil, let key?, let value?): self = .set(key: key, value: value)
        default:
            throw .refused(
                "there is no such request", hint: "requests are status, stop, kill with a level, flatten, and set with a key and a value")
        }
    }
}

extension ControlAnswer: Error {}

extension ControlAnswer: Codable {
    private enum CodingKeys: String, CodingKey {
        case isDone = "done"
        case text, hint
    }

    var line: String { ControlLine.text(self) }

    /// nil where it is no answer.
    init?(line: some Sequence<UInt8>) {
        guard let answer = try? JSONDecoder().decode(ControlAnswer.self, from: Data(line)) else { return nil }
        self = answer
    }
}

private enum ControlLine {
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("texts and numbers could not be written") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
