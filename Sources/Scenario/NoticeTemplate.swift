/// A text with places for what is known when it is sent: `{run}: killed: {kill}`. Two braces are one.
public struct NoticeTemplate: Hashable, Sendable {
    /// What a place may be filled with.
    public enum Placeholder: String, Hashable, Sendable, CaseIterable {
        case run, time, state, kill, strategies, strategy, cycles, text, positions, exposure
    }

    /// Why a text is no template.
    public struct Fault: Error, Hashable, Sendable {
        public var message: String
        public var hint: String
    }

    private enum Part: Hashable, Sendable {
        case text(String)
        case place(Placeholder)
    }

    private var parts: [Part] = []

    public init(_ text: String) throws(Fault) {
        var (plain, rest) = ("", text[...])
        while let letter = rest.popFirst() {
            if letter == "{" || letter == "}", rest.first == letter {
                rest.removeFirst()
                plain.append(letter)
                continue
            }
            guard letter == "{" else {
                guard letter != "}" else { throw Fault(message: "a '}' stands alone", hint: "write '}}' for the sign itself") }
                plain.append(letter)
                continue
            }
            guard let end = rest.firstIndex(of: "}") else {
                throw Fault(message: "a '{' has no end", hint: "write '{{' for the sign itself")
            }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard let place = Placeholder(rawValue: name) else {
                let known = Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
                throw Fault(message: "nothing is called '{\(name)}'", hint: "there are \(known)")
            }
            parts += [.text(plain), .place(place)]
            plain = ""
        }
        parts.append(.text(plain))
    }

    public func filled(_ value: (Placeholder) -> String) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let plain): text += plain
            case .place(let place): text += value(place)
            }
        }
    }
}
