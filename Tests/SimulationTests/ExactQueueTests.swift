import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

extension Stage {
    fileprivate func add(_ side: Side, _ id: Int64, _ ticks: Int64, _ lots: Int64) { order(.orderAdded, side, id, ticks, lots) }
    fileprivate func cancel(_ side: Side, _ id: Int64, _ ticks: Int64, _ left: Int64) { order(.orderDeleted, side, id, ticks, left) }
    fileprivate func fill(_ side: Side, _ id: Int64, _ ticks: Int64) { order(.orderDeleted, side, id, ticks, 0) }
    fileprivate func leave(_ side: Side, _ id: Int64, _ ticks: Int64, _ lots: Int64) { order(.orderChanged, side, id, ticks, lots) }

    fileprivate func order(
        _ kind: MarketEvent.Kind, _ side: Side, _ id: Int64, _ ticks: Int64, _ lots: Int64, _ more: MarketEvent.Flags = [.first, .last]
    ) {
        receive(kind, ticks, lots, detail: id, flags: side == .sell ? more.union(.sell) : more)
    }

    /// What stands ahead of our orders, bids first, each side from its best.
    fileprivate var ahead: [Double] { Side.allCases.flatMap { venue.markets[0].orders($0).map(\.queue.ahead) } }

    /// Bids 1: 100 × 5, 2: 100 × 7 and ours, ask 90: 110 × 9.
    fileprivate static func queued(_ model: QueueModel = .exactFIFO) -> Stage {
        let stage = Stage(queue: model)
        stage.add(.sell, 90, 110, 9)
        stage.add(.buy, 1, 100, 5)
        stage.add(.buy, 2, 100, 7)
        stage.submit(.buy, 100, 4)
        return stage
    }
}

@Suite struct ExactQueueTests {
    @Test func `who leaves ahead brings us forward, who comes and leaves behind does not`() {
        let stage = Stage.queued()
        #expect(stage.ahead == [12])
        stage.add(.buy, 3, 100, 50)
        stage.cancel(.buy, 3, 100, 50)
        #expect(stage.ahead == [12])
        stage.leave(.buy, 1, 100, 2)
        stage.cancel(.buy, 2, 100, 7)
        #expect(stage.ahead == [2])
    }

    @Test func `an order ahead that grows goes behind us`() {
        let stage = Stage.queued()
        stage.leave(.buy, 1, 100, 6)
        #expect(stage.ahead == [7])
    }

    @Test func `fills ahead are not ours, the next one behind is`() {
        let stage = Stage.queued()
        stage.add(.buy, 3, 100, 6)
        stage.fill(.buy, 1, 100)
        stage.fill(.buy, 2, 100)
        #expect(stage.takeSlices() == [] && stage.ahead == [0])
        stage.leave(.buy, 3, 100, 3)
        #expect(stage.takeSlices() == [Slice(order: 1, ticks: 100, lots: 3, role: .maker)])
        stage.fill(.buy, 3, 100)
        #expect(stage.takeSlices() == [Slice(order: 1, ticks: 100, lots: 1, role: .maker)])
    }

    @Test func `our orders at one price share what reaches them, in order of arrival`() {
        let stage = Stage.queued()
        stage.add(.buy, 3, 100, 6)
        stage.submit(.buy, 100, 4, account: 1)
        #expect(stage.ahead == [12, 18])
        stage.cancel(.buy, 1, 100, 5)
        stage.cancel(.buy, 2, 100, 7)
        stage.fill(.buy, 3, 100)
        // Six were hit that stood behind our first and ahead of our second order.
        #expect(stage.takeSlices() == [Slice(order: 1, ticks: 100, lots: 4, role: .maker)])
        #expect(stage.ahead == [0])
        stage.add(.buy, 4, 100, 9)
        stage.fill(.buy, 4, 100)
        #expect(stage.takeSlices() == [Slice(order: 2, ticks: 100, lots: 4, role: .maker)])
    }

    @Test func `the feed's own trades are not counted again`() {
        let stage = Stage.queued()
        stage.fill(.buy, 1, 100)
        stage.sold(100, 5)
        stage.fill(.buy, 2, 100)
        stage.sold(100, 7)
        #expect(stage.takeSlices() == [] && stage.ahead == [0])
    }

    @Test func `an order that is amended to a new place stands behind all who were there`() {
        let stage = Stage.queued()
        stage.add(.buy, 3, 99, 8)
        stage.amend(1, 99, 4)
        stage.add(.buy, 4, 99, 1)
        #expect(stage.ahead == [8])
        stage.cancel(.buy, 4, 99, 1)
        stage.cancel(.buy, 3, 99, 8)
        #expect(stage.ahead == [0])
    }

    @Test func `after a gap only trades move what had a place before`() {
        let stage = Stage.queued()
        stage.receive(.gap)
        stage.add(.buy, 5, 100, 3)
        #expect(stage.ahead == [12])
        stage.fill(.buy, 5, 100)
        #expect(stage.ahead == [9])
    }

    @Test func `a book of single orders is trusted after its warm-up`() {
        let stage = Stage(queue: .exactFIFO, isSynchronised: false)
        stage.add(.buy, 1, 100, 5)
        #expect(stage.submit(.buy, 100, 1) == [.rejected(OrderID(1), .submit, .notSynchronised)])
        stage.pass(OrderFlow.warmUp)
        stage.add(.buy, 2, 100, 5)
        #expect(stage.submit(.buy, 100, 1) == [.acknowledged(OrderID(2))])
        #expect(stage.ahead == [10])
    }

    @Test func `a full book of single orders is trusted at once`() {
        let stage = Stage(queue: .exactFIFO, isSynchronised: false)
        stage.order(.orderAdded, .buy, 1, 100, 5, [.snapshot, .first])
        stage.order(.orderAdded, .sell, 2, 103, 5, [.snapshot, .last])
        stage.submit(.buy, 100, 1)
        #expect(stage.ahead == [5])
    }

    @Test func `models of levels see what a feed of levels would show`() {
        let stage = Stage.queued(.riskAverse)
        stage.add(.buy, 3, 100, 2)
        stage.cancel(.buy, 1, 100, 5)
        // Nine are left at the price: less than the twelve that stood ahead.
        #expect(stage.ahead == [9])
        stage.fill(.buy, 2, 100)
        #expect(stage.ahead == [2])
        stage.fill(.buy, 3, 100)
        #expect(stage.ahead == [0] && stage.takeSlices() == [])
    }

    @Test func `an order held back until it trades is no level that crosses ours`() {
        let stage = Stage.queued()
        stage.add(.sell, 91, 100, 5)
        #expect(stage.takeSlices() == [])
        stage.fill(.buy, 1, 100)
        stage.fill(.sell, 91, 100)
        #expect(stage.takeSlices() == [] && stage.ahead == [7])
    }
}

/// A crowd of single orders around ours: what stands ahead of each is Σ of the ids that stood there when it came.
@Test(arguments: TestScale.seeds(24))
func `an exact queue is the orders that were there before, and never grows`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func draw(_ range: ClosedRange<Int64>) -> Int64 { random.uniform(in: range) }
    let stage = Stage(queue: .exactFIFO)
    var crowd: [Int64: (ticks: Int64, lots: Int64)] = [:]
    var ours: [UInt64: (ticks: Int64, ahead: Set<Int64>)] = [:]
    var known: [UInt64: Double] = [:]
    stage.add(.sell, 0, 200, 1)
    for step in Int64(1)...600 {
        let victim = crowd.keys.sorted().randomElement(using: &random)
        switch draw(0...9) {
        case 0...3:
            crowd[step] = (draw(97...100), draw(1...9))
            stage.add(.buy, step, crowd[step]!.ticks, crowd[step]!.lots)
        case 4...5:
            guard let victim, let order = crowd.removeValue(forKey: victim) else { continue }
            stage.cancel(.buy, victim, order.ticks, order.lots)
        case 6...7:
            guard let victim, let order = crowd[victim] else { continue }
            let lots = draw(1...9)
            stage.leave(.buy, victim, order.ticks, lots)
            crowd[victim]?.lots = lots
            // Who grows goes to the end.
            if lots > order.lots { for id in ours.keys { ours[id]?.ahead.remove(victim) } }
        default:
            guard ours.count < 12 else { continue }
            let (id, ticks) = (UInt64(step), draw(97...100))
            stage.submit(.buy, ticks, 1_000, order: id)
            ours[id] = (ticks, Set(crowd.filter { $0.value.ticks == ticks }.keys))
        }
        for order in stage.venue.markets[0].orders(.buy) {
            let id = order.id.rawValue
            let ahead = ours[id]!.ahead.reduce(into: Int64(0)) { $0 += crowd[$1]?.lots ?? 0 }
            guard order.queue.ahead == Double(ahead), order.queue.ahead <= known[id] ?? .infinity else {
                Issue.record("seed \(seed), step \(step): \(ahead) stand ahead of \(id), not \(order.queue.ahead)")
                return
            }
            known[id] = order.queue.ahead
        }
    }
    #expect(ours.count == 12)
}
