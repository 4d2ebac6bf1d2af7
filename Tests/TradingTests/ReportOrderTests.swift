import Market
import TestSupport
import Testing

@testable import Trading

/// Pain 8: the same reports lead to the same state, in any order and however often.
@Suite struct ReportOrderTests {
    private struct Report {
        var said: AccountEvent.Report
        var venueTime: Timestamp
    }

    /// All that is left of the reports.
    private struct Left: Hashable {
        var life: Order.Life
        var certainty: Order.Certainty
        var filled: Quantity
        var filledTickLots: Int64
        var price: Price?
        var quantity: Quantity
        var position: Quantity
        var balance: Money
    }

    /// What a venue said of an order that was amended twice, filled in three parts and cancelled.
    private static func story(_ id: OrderID, trades: UInt64) -> [Report] {
        func fill(_ number: UInt64, _ lots: Int64) -> AccountEvent.Report {
            var fill = CoreStage.fill(id, .buy, 98, lots, trade: trades + number)
            fill.fee = Money(nanos: 3, .usd)
            return .filled(fill)
        }
        let said: [AccountEvent.Report] = [
            .acknowledged(id), fill(1, 1), .amended(id, price: Price(ticks: 97), quantity: Quantity(lots: 6)), fill(2, 2),
            .amended(id, price: Price(ticks: 96), quantity: Quantity(lots: 9)), fill(3, 1),
            .cancelled(id, .requested),
        ]
        return said.enumerated().map { Report(said: $1, venueTime: Timestamp(nanoseconds: Int64(100 + $0))) }
    }

    private static func left(_ reports: [Report], trades: UInt64 = 0) -> Left {
        let stage = CoreStage()
        let id = stage.submit(CoreStage.draft(.buy, 98, 5))
        for report in reports {
            stage.pass()
            stage.core.receive(
                AccountEvent(account: CoreStage.account, venueTime: report.venueTime, receiveTime: stage.now, report: report.said))
        }
        guard let order = stage.core.order(id) else { preconditionFailure("the order's record is gone") }
        return stage.act { context in
            Left(
                life: order.life, certainty: order.certainty, filled: order.filled, filledTickLots: order.filledTickLots,
                price: order.price,
                quantity: order.quantity, position: context.position(CoreStage.account, CoreStage.instrument),
                balance: context.balance(CoreStage.account, .usd))
        }
    }

    /// Shuffled, and each report up to three times. What is said of price and quantity counts until the end is heard, which
    /// stays where it is: last.
    private static func disorder(_ reports: [Report], seed: UInt64) -> [Report] {
        var random = SeededGenerator(seed: seed)
        var all = reports.dropLast().flatMap { Array(repeating: $0, count: Int(random.uniform(in: 1...3))) }
        for index in all.indices.dropFirst() { all.swapAt(index, Int(random.uniform(in: 0...Int64(index)))) }
        return all + [reports[reports.count - 1]]
    }

    @Test func `any order and duplication of an order's reports leaves the same state`() {
        let story = Self.story(OrderID(1), trades: 0)
        let expected = Self.left(story)
        #expect(expected.filled == Quantity(lots: 4) && expected.position == expected.filled && expected.life == .done(.cancelled))
        #expect(expected.price == Price(ticks: 96) && expected.quantity == Quantity(lots: 9))
        for seed in TestScale.seeds(500) { #expect(Self.left(Self.disorder(story, seed: seed)) == expected, "seed \(seed)") }
    }

    @Test func `the end may come at any place: what was filled and what is held are the same`() {
        let story = Self.story(OrderID(1), trades: 0)
        let expected = Self.left(story)
        for seed in TestScale.seeds(500) {
            var reports = Self.disorder(story, seed: seed)
            let end = reports.removeLast()
            reports.insert(end, at: Int(seed % UInt64(reports.count + 1)))
            let left = Self.left(reports)
            #expect(left.filled == expected.filled && left.position == expected.position && left.balance == expected.balance)
            #expect(left.life == .done(.cancelled) && left.certainty == .known, "seed \(seed)")
        }
    }

    @Test func `without trade ids, and without the venue's times, the order would matter`() {
        let story = Self.story(OrderID(1), trades: 0)
        let expected = Self.left(story)
        var (counted, ordered) = (0, 0)
        for seed in 0..<50 as Range<UInt64> {
            var reports = Self.disorder(story, seed: seed)
            for index in reports.indices {
                guard case .filled(var fill) = reports[index].said else { continue }
                fill.trade = UInt64(1_000 + index)
                reports[index].said = .filled(fill)
            }
            if Self.left(reports).position != expected.position { counted += 1 }
            let timeless = Self.disorder(story, seed: seed).map { Report(said: $0.said, venueTime: Timestamp(nanoseconds: 100)) }
            if Self.left(timeless).price != expected.price { ordered += 1 }
        }
        #expect(counted > 10 && ordered > 10, "\(counted) and \(ordered)")
    }
}

/// Pain 9: nothing but the report of a fill is a fill.
@Suite struct InventedFillTests {
    /// Reports that speak of fills without being one.
    private static func hearsay(_ id: OrderID, _ random: inout SeededGenerator) -> AccountEvent.Report {
        let lots = Quantity(lots: random.uniform(in: 0...5))
        return switch random.uniform(in: 0...6) {
        case 0:
            .status(
                OrderStatus(
                    order: id, instrument: CoreStage.instrument, isOpen: random.uniform(in: 0...1) == 0, price: Price(ticks: 98),
                    quantity: Quantity(lots: 5), filled: lots))
        case 1: .position(CoreStage.instrument, quantity: lots, entry: FinePrice(nanos: 98_000_000_000))
        case 2: .balance(Money(nanos: random.uniform(in: 0...2_000_000_000_000), .usd))
        case 3: .acknowledged(id)
        case 4: .notFound(id)
        case 5: .rejected(id, .cancel, .unknownOrder)
        default: .amended(id, price: Price(ticks: 98), quantity: lots + Quantity(lots: 1))
        }
    }

    private static func held(_ stage: CoreStage) -> [Int64] {
        stage.act { [$0.position(CoreStage.account, CoreStage.instrument).lots, $0.balance(CoreStage.account, .usd).nanos] }
    }

    @Test func `no report but a fill moves a position or the core's own balance, whatever the venue says of them`() {
        for seed in TestScale.seeds(300) {
            var random = SeededGenerator(seed: seed)
            let stage = CoreStage()
            let id = stage.submit(CoreStage.draft(.buy, 98, 5))
            let before = Self.held(stage)
            for _ in 0..<20 { stage.report(Self.hearsay(id, &random)) }
            #expect(Self.held(stage) == before && stage.core.order(id)?.filled == .zero, "seed \(seed)")
            // The check sees a fill when there is one.
            stage.fill(id, .buy, 98, 1, trade: 7)
            #expect(Self.held(stage) != before && stage.core.order(id)?.filled == Quantity(lots: 1))
        }
    }

    @Test func `a status that tells of more than was heard makes the core ask for the fills, and believe none`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.report(stage.status(id, isOpen: true, filled: 2))
        #expect(try stage.order(id).filled == .zero && stage.order(id).remaining == Quantity(lots: 5))
        #expect(stage.takeCommands() == [.query(QueryRequest(account: CoreStage.account, query: 1, subject: .fills(after: 0)))])
        #expect(try stage.order(id).certainty != .known)
        stage.fill(id, .buy, 98, 2)
        stage.wake(after: .seconds(2))
        stage.report(stage.status(id, isOpen: true, filled: 2))
        #expect(try stage.order(id).certainty == .known && stage.core.nextWake == .never)
    }
}
