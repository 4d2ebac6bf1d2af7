public import Market

/// How far from its own side's best price an order rests when it is sent.
public enum TouchDistance: Int, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case better, atTouch, within1, within5, within20, beyond

    /// - Parameter best: Of the order's own side.
    public init(_ price: Price, _ side: Side, best: Price) {
        let behind = (best.ticks - price.ticks) * side.sign
        let basisPoints = Double(behind) / Double(max(best.ticks, 1)) * 1e4
        switch basisPoints {
        case _ where behind < 0: self = .better
        case _ where behind == 0: self = .atTouch
        case ...1: self = .within1
        case ...5: self = .within5
        case ...20: self = .within20
        default: self = .beyond
        }
    }

    public var name: String {
        switch self {
        case .better: "better than the touch"
        case .atTouch: "at the touch"
        case .within1: "up to 1 bp behind"
        case .within5: "1 to 5 bp"
        case .within20: "5 to 20 bp"
        case .beyond: "further"
        }
    }
}
