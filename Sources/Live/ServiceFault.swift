public import Market

/// Something that a served venue does wrong, from a moment after its start on.
public struct ServiceFault: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case cut = "wire-cut"
        case halfOpen = "half-open"
        case reset = "connection-reset"
        case stall
        case slow
        case tooMany = "too-many-requests"
        case serverError = "server-error"
        case serverErrorDone = "server-error-done"
        case answersLost = "answers-lost"

        public var summary: String {
            switch self {
            case .cut: "every connection is reset, and none can be opened"
            case .halfOpen: "nothing is read, and nobody is told"
            case .reset: "answers are cut after some bytes"
            case .stall: "streams bring nothing, while pings are answered"
            case .slow: "answers take half a second more"
            case .tooMany: "requests are answered by 429, and not dealt with"
            case .serverError: "requests are answered by 503, and not dealt with"
            case .serverErrorDone: "requests are dealt with, and answered by 503"
            case .answersLost: "requests are dealt with, and not answered"
            }
        }
    }

    public var kind: Kind
    /// After the start.
    public var start: Nanoseconds
    public var length: Nanoseconds

    public init(_ kind: Kind, start: Nanoseconds, length: Nanoseconds) { (self.kind, self.start, self.length) = (kind, start, length) }
}

/// What a served venue does wrong now.
struct ServiceConduct {
    private var active: [ServiceFault.Kind] = []

    func isActive(_ kind: ServiceFault.Kind) -> Bool { active.contains(kind) }

    /// Faults of one kind may overlap: each ends for itself.
    mutating func change(_ kind: ServiceFault.Kind, isOn: Bool) {
        if isOn {
            active.append(kind)
        } else if let index = active.firstIndex(of: kind) {
            active.remove(at: index)
        }
    }
}
