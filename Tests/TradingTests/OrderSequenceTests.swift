import Market
import TestSupport
import Testing

@testable import Trading

/// Every sequence of up to eight reports about one order, sensible or not, each report as often and in any place.
///
/// Sequences that lead to the same state have the same future: they are followed as one and counted as many.
@Suite struct OrderSequenceTests {
    private static let longest = 8

    private static let sayings: [TrueOrder.Saying] = [
        .acknowledged, .filled(trade: 1, lots: 1), .filled(trade: 2, lots: 1), .filled(trade: 3, lots: 1), .cancelled(requested: true),
        .cancelled(requested: false), .expired, .rejected, .refused(cancel: true, unknownOrder: false),
        .status(isOpen: true, price: 100, quantity: 3, filled: 2), .notFound,
    ]

    private struct Walk {
        /// By length.
        var sequences: [Int] = []
        var states = 0
        var unknown = 0
        var faults: [String] = []
    }

    /// - Parameter moments: The venue's time of each report: those that are told late are older.
    private static func walk(_ moments: (Int) -> Int64) -> Walk {
        let messages = sayings.enumerated().map { TrueOrder.Message(saying: $1, moment: moments($0)) }
        let explorer = OrderExplorer(.init(name: "sequences", quantity: 3, cancels: false, venueSteps: 0))
        var start = explorer.start()
        start.truth = TrueOrder(quantity: 3, saying: messages)
        var walk = Walk()
        var layer = [start: 1]
        var successors: [OrderPair: [OrderPair]] = [:]
        for _ in 0..<longest {
            var next: [OrderPair: Int] = [:]
            for (pair, ways) in layer {
                if successors[pair] == nil {
                    successors[pair] = messages.indices.map { index in
                        var after = explorer.next(pair, .hear(index))
                        // What the core asks is never answered otherwise than by these reports.
                        after.truth = start.truth
                        if let fault = fault(pair, after), walk.faults.count < 5 {
                            walk.faults.append("\(fault): \(pair.ours) → \(after.ours)")
                        }
                        return after
                    }
                }
                for after in successors[pair]! { next[after, default: 0] += ways }
            }
            walk.sequences.append(next.values.reduce(0, +))
            layer = next
        }
        let seen = Set(successors.keys).union(layer.keys)
        walk.states = seen.count
        walk.unknown = seen.count { $0.ours.certainty != .known }
        return walk
    }

    private static func fault(_ before: OrderPair, _ after: OrderPair) -> String? {
        let heard = sayings.indices.filter { after.heard & 1 << UInt32($0) != 0 }.map { sayings[$0] }
        let filled = heard.reduce(into: Int64(0)) { if case .filled(_, let lots) = $1 { $0 += lots } }
        let ours = after.ours
        if ours.filled.lots != filled { return "filled is not the sum of the different fills that were told" }
        if before.ours.isDone, !ours.isDone { return "it has come back to life" }
        if heard.contains(.cancelled(requested: true)) || heard.contains(.expired) || heard.contains(.rejected), !ours.isDone {
            return "an end was told and it goes on"
        }
        if filled == 3, !ours.isDone { return "it is filled and goes on" }
        if ours.isDone, ours.remaining != .zero || ours.pending != .none { return "it has ended and waits" }
        let isTold = heard.contains(.status(isOpen: true, price: 100, quantity: 3, filled: 2))
        let isMissing = isTold && filled < 2
        if isMissing, ours.toldFilled.lots == 2, ours.certainty == .known { return "fills are missing and it is not said" }
        if ours.certainty != .known, ours.isDone, !isTold, !heard.contains(.notFound), !ours.signedReserve.isZero {
            return "what lives at the venue, and why, was never told"
        }
        return nil
    }

    @Test(arguments: ["of one instant", "in order of time", "the last first"])
    func `every sequence of up to eight reports ends in a legal state with the right quantity`(order: String) {
        let walk = Self.walk { index in
            switch order {
            case "of one instant": 1
            case "in order of time": Int64(index + 1)
            default: Int64(Self.sayings.count - index)
            }
        }
        print("order reports \(order): \(walk.sequences.reduce(0, +)) sequences, \(walk.states) states, \(walk.unknown) of them unknown")
        for fault in walk.faults { Issue.record("\(fault)") }
        var expected = [1]
        for _ in 0..<Self.longest { expected.append(expected[expected.count - 1] * Self.sayings.count) }
        #expect(walk.sequences == Array(expected.dropFirst()))
        #expect(walk.unknown > 0 && walk.unknown < walk.states)
    }
}
