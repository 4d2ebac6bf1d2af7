/// The kinds of requests whose latencies can differ.
public enum RequestClass: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Orders that may take.
    case submit
    /// Orders that may not.
    case postOnly
    case amend
    case cancel
    /// Questions, and settings such as leverage.
    case query

    public var name: String {
        switch self {
        case .submit: "submit"
        case .postOnly: "post_only"
        case .amend: "amend"
        case .cancel: "cancel"
        case .query: "query"
        }
    }
}

/// From our sending to the venue's door, by kind of request.
public struct EntryLatency: Hashable, Sendable {
    public var submit: LatencyModel
    public var postOnly: LatencyModel
    public var amend: LatencyModel
    public var cancel: LatencyModel
    public var query: LatencyModel

    /// The same for all, but each by itself.
    public init(_ model: LatencyModel) { (submit, postOnly, amend, cancel, query) = (model, model, model, model, model) }

    public subscript(kind: RequestClass) -> LatencyModel {
        get {
            switch kind {
            case .submit: submit
            case .postOnly: postOnly
            case .amend: amend
            case .cancel: cancel
            case .query: query
            }
        }
        set {
            switch kind {
            case .submit: submit = newValue
            case .postOnly: postOnly = newValue
            case .amend: amend = newValue
            case .cancel: cancel = newValue
            case .query: query = newValue
            }
        }
    }

    /// What holds for every kind; nil where they differ.
    public var common: LatencyModel? { RequestClass.allCases.allSatisfy { self[$0] == submit } ? submit : nil }
}

extension EntryLatency: CustomStringConvertible {
    /// One description for all kinds, or one for each.
    public var description: String {
        common?.description ?? RequestClass.allCases.map { "\($0.name): \(self[$0])" }.joined(separator: "; ")
    }
}
