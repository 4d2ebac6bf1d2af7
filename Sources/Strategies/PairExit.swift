internal import Market
internal import Trading

/// The way out of a pair: in slices where there is time for it, then `Flatten`, which asks the venues whether anything is left.
struct PairExit {
    private enum Step {
        case slicing(AlgorithmID)
        case flattening(AlgorithmID)
    }

    private let flatten: Flatten.Configuration
    let reason: String
    /// Whether nothing is to be entered after it.
    private(set) var suspends = false
    private var step: Step

    /// Without haste.
    init(_ exit: SlicedExit.Configuration, then flatten: Flatten.Configuration, _ reason: String, _ context: inout Context) {
        (self.flatten, self.reason) = (flatten, reason)
        step = .slicing(context.run(SlicedExit(exit)))
    }

    init(atOnce flatten: Flatten.Configuration, _ reason: String, suspends: Bool, _ context: inout Context) {
        (self.flatten, self.reason, self.suspends) = (flatten, reason, suspends)
        step = .flattening(context.run(Flatten(flatten)))
    }

    var isUnhurried: Bool { if case .slicing = step { true } else { false } }

    mutating func suspend() { suspends = true }

    /// Why nothing may be entered after an exit that ended so; nil if it may.
    func suspension(after end: AlgorithmEnd) -> String? {
        if suspends { return reason }
        return end.reason == .filled ? nil : "what is left is less than the venues take an order for"
    }

    mutating func hurry(_ context: inout Context) {
        guard case .slicing(let id) = step else { return }
        context.cancel(id)
        step = .flattening(context.run(Flatten(flatten)))
    }

    /// Goes on when a step has ended; true when that was the last one.
    mutating func ended(_ id: AlgorithmID, _ context: inout Context) -> Bool {
        switch step {
        case .slicing(id):
            step = .flattening(context.run(Flatten(flatten)))
            return false
        case .flattening(id): return true
        case .slicing, .flattening: return false
        }
    }
}
