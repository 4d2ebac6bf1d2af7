import Market
import TestSupport
import Testing

@testable import Trading

/// All that may become of one order within eight reports, checked against what the venue really did.
@Suite struct OrderModelTests {
    static let reports = 8

    /// How far a walk through a world came.
    struct Walk {
        var states = 0
        var steps = 0
        var deepest = 0
        /// States in which the order is done and known for us, and lives at the venue.
        var blind = 0
        /// States that an answer of the venue has to correct, for what was lost left no trace.
        var corrected = 0
        var faults: [String] = []
    }

    static func walk(_ world: OrderExplorer.World) -> Walk {
        let explorer = OrderExplorer(world)
        var walk = Walk()
        var frontier = [explorer.start()]
        var seen = Set(frontier)
        // By reports heard; what is no report happens within a layer.
        for depth in 0...reports where !frontier.isEmpty {
            walk.deepest = depth
            var later: [OrderPair] = []
            while let pair = frontier.popLast() {
                walk.states += 1
                check(pair, explorer, &walk)
                for letter in explorer.letters(pair) {
                    walk.steps += 1
                    let next = explorer.next(pair, letter)
                    guard seen.insert(next).inserted else { continue }
                    if case .hear = letter { later.append(next) } else { frontier.append(next) }
                }
            }
            frontier = later
        }
        return walk
    }

    /// What must hold of any state, whatever has been lost.
    private static func check(_ pair: OrderPair, _ explorer: OrderExplorer, _ walk: inout Walk) {
        func fault(_ what: String) {
            if walk.faults.count < 5 { walk.faults.append("\(what): \(pair.ours) beside \(pair.truth), heard \(pair.heard)") }
        }
        let heard = pair.truth.messages.indices.filter { pair.heard & 1 << UInt32($0) != 0 }.map { pair.truth.messages[$0].saying }
        var filled: Int64 = 0
        var hasEnd = false
        for saying in heard {
            switch saying {
            case .filled(_, let lots): filled += lots
            case .cancelled, .expired, .rejected, .status(isOpen: false, _, _, _): hasEnd = true
            case .acknowledged, .amended, .refused, .status, .notFound: break
            }
        }
        if pair.ours.filled.lots != filled { fault("filled is not the sum of the fills that were heard") }
        if hasEnd, !pair.ours.isDone { fault("an end was heard and the order goes on") }
        let isOver = filled >= pair.ours.quantity.lots || heard.contains(.notFound)
        if pair.ours.isDone, !hasEnd, !isOver { fault("it ended without a reason") }
        if pair.ours.isDone, pair.ours.remaining != .zero || pair.ours.pending != .none { fault("a done order waits") }
        let waits = !pair.ours.isDone && (pair.ours.life == .submitting || pair.ours.pending != .none)
        if waits || pair.ours.certainty != .known, !pair.isArmed { fault("nobody will ask what became of it") }
        if pair.ours.isDone, pair.ours.certainty == .known, !pair.truth.hasEnded {
            walk.blind += 1
            if !explorer.world.overtakes { fault("it lives at the venue, and we think that it has ended") }
        }
        if !agrees(settled(pair, explorer, asks: false)) {
            walk.corrected += 1
            let after = settled(pair, explorer, asks: true)
            if !agrees(after) { fault("it does not come to what the venue has, \(after.ours) beside \(after.truth)") }
        }
    }

    /// Nothing is lost any more: requests arrive, answers come, deadlines pass, until nobody waits.
    ///
    /// - Parameter asks: The venue's answer about the order comes once unasked for, as when the account is reconciled.
    static func settled(_ pair: OrderPair, _ explorer: OrderExplorer, asks: Bool) -> OrderPair {
        var pair = pair
        if asks { pair.truth.ask(.query) }
        for _ in 0..<60 {
            if !pair.truth.requests.isEmpty {
                let said = pair.truth.messages.count
                pair = explorer.next(pair, .venue(.handle(0)))
                for index in said..<pair.truth.messages.count { pair = explorer.next(pair, .hear(index)) }
            } else if pair.isArmed {
                pair = explorer.next(pair, .timeout)
            } else {
                break
            }
        }
        return pair
    }

    static func agrees(_ pair: OrderPair) -> Bool {
        guard pair.ours.certainty == .known, pair.ours.pending == .none, pair.truth.requests.isEmpty, !pair.isArmed else { return false }
        guard pair.ours.filled.lots == pair.truth.filled, pair.ours.isDone == pair.truth.hasEnded else { return false }
        return pair.ours.isDone
            || (pair.ours.price?.ticks == pair.truth.price && pair.ours.quantity.lots == pair.truth.quantity)
    }

    /// More steps of the venue at a larger scale: its states grow sevenfold with each.
    private static let more: Int64 = TestScale.factor >= 10 ? 1 : 0

    @Test(arguments: [
        OrderExplorer.World(name: "cancel", venueSteps: 5 + more),
        .init(name: "amend up and down", amends: [(101, 3), (99, 1)], cancels: false, venueSteps: 4 + more),
        .init(name: "amend and cancel", amends: [(101, 3)], venueSteps: 4 + more),
        .init(name: "requests overtake", overtakes: true, venueSteps: 4 + more),
    ])
    func `every sequence of eight reports ends in a legal state with the right quantity, or is asked about`(
        world: OrderExplorer.World
    ) {
        let walk = Self.walk(world)
        print(
            "order model, \(world.name): \(walk.states) states, \(walk.steps) steps, \(walk.deepest) reports deep, "
                + "\(walk.corrected) corrected by an answer, \(walk.blind) blind")
        for fault in walk.faults { Issue.record("\(fault)") }
        // Where fewer reports lead to all states there are, more lead to none that is new.
        #expect(walk.states > 5_000 && walk.deepest >= 6)
    }

    @Test func `long lives of an order come to what the venue has, with losses, repetition and disorder drawn from a seed`() {
        var (steps, ended) = (0, 0)
        for seed in TestScale.seeds(3_000) {
            var random = SeededGenerator(seed: seed)
            let explorer = OrderExplorer(
                .init(
                    name: "long", quantity: 4, overtakes: false, amends: [(101, 6), (99, 3), (102, 5)], venueSteps: 14))
            var (pair, reports) = (explorer.start(), 0)
            while reports < Self.reports {
                let letters = explorer.letters(pair)
                guard !letters.isEmpty else { break }
                let letter = letters[Int(random.uniform(in: 0...Int64(letters.count - 1)))]
                if case .hear = letter { reports += 1 }
                pair = explorer.next(pair, letter)
                steps += 1
            }
            var walk = Walk()
            Self.check(pair, explorer, &walk)
            #expect(walk.faults == [], "seed \(seed)")
            ended += pair.ours.isDone ? 1 : 0
        }
        print("order model, long lives: \(steps) steps, \(ended) ended")
    }

    @Test func `the check finds an order whose fill was forgotten, and one that waits for nobody`() {
        let explorer = OrderExplorer(.init(name: "faults", venueSteps: 5))
        var pair = explorer.next(explorer.start(), .venue(.handle(0)))
        pair = explorer.next(explorer.next(pair, .hear(0)), .venue(.fill(1)))
        pair = explorer.next(pair, .hear(1))
        func faults(_ pair: OrderPair) -> Int {
            var walk = Walk()
            Self.check(pair, explorer, &walk)
            return walk.faults.count
        }
        #expect(faults(pair) == 0)
        var forgotten = pair
        forgotten.ours.filled = .zero
        var waiting = explorer.next(pair, .cancel)
        #expect(faults(waiting) == 0)
        waiting.isArmed = false
        var gone = pair
        gone.ours.life = .done(.cancelled)
        #expect(faults(forgotten) > 0 && faults(waiting) > 0 && faults(gone) > 0)
    }
}
