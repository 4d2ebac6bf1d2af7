import Market
import TestSupport
import Testing

/// The rules of `L3Book` in the plainest form: one list of orders in order of arrival, searched whole.
private struct NaiveL3Book {
    struct Order: Equatable {
        var id: Int64
        var side: Side
        var ticks: Int64
        var lots: Int64
    }

    var orders: [Order] = []

    func queue(_ side: Side, _ ticks: Int64) -> [Order] { orders.filter { $0.side == side && $0.ticks == ticks } }
    func lots(_ side: Side, _ ticks: Int64) -> Int64 { queue(side, ticks).reduce(0) { $0 + $1.lots } }
    func best(_ side: Side) -> Int64? {
        let prices = orders.filter { $0.side == side }.map(\.ticks)
        return side == .buy ? prices.max() : prices.min()
    }

    func ahead(of id: Int64) -> Int64 {
        guard let index = orders.firstIndex(where: { $0.id == id }) else { return 0 }
        return orders[..<index].filter { $0.side == orders[index].side && $0.ticks == orders[index].ticks }.reduce(0) { $0 + $1.lots }
    }

    mutating func add(_ order: Order) {
        orders.removeAll { $0.id == order.id }
        if order.lots > 0 { orders.append(order) }
    }

    mutating func change(_ order: Order) {
        guard let index = orders.firstIndex(where: { $0.id == order.id }) else { return }
        let old = orders[index]
        if old.side == order.side, old.ticks == order.ticks, (1...old.lots).contains(order.lots) {
            orders[index].lots = order.lots
        } else {
            add(order)
        }
    }
}

@Test(arguments: TestScale.seeds(12))
func `a book of orders agrees with a plain list of them`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var book = L3Book()
    var naive = NaiveL3Book()
    var unknown = (changes: 0, removals: 0)
    for step in 0..<500 {
        let order = NaiveL3Book.Order(
            id: random.uniform(in: 1...40), side: random.uniform(in: 0...1) == 0 ? .buy : .sell, ticks: random.uniform(in: 95...105),
            lots: random.uniform(in: 0...9))
        let isKnown = naive.orders.contains { $0.id == order.id }
        switch random.uniform(in: 0...9) {
        case 0...3:
            book.add(order.id, order.side, ticks: order.ticks, lots: order.lots)
            naive.add(order)
        case 4...6:
            // Half of the changes stay at the order's price, as most of a venue's do.
            var order = order
            if random.uniform(in: 0...1) == 0, let known = naive.orders.first(where: { $0.id == order.id }) {
                (order.side, order.ticks) = (known.side, known.ticks)
            }
            let changed = book.change(order.id, order.side, ticks: order.ticks, lots: order.lots)
            naive.change(order)
            #expect((changed != nil) == isKnown)
            if !isKnown { unknown.changes += 1 }
        case 7...8:
            let removed = book.remove(order.id)
            #expect((removed != nil) == isKnown)
            if !isKnown { unknown.removals += 1 }
            naive.orders.removeAll { $0.id == order.id }
        default:
            guard random.uniform(in: 0...50) == 0 else { continue }
            book.removeAll()
            naive.orders.removeAll()
        }
        guard compare(book, naive) else {
            Issue.record("seed \(seed), step \(step)")
            return
        }
    }
    #expect(book.faults.unknownChanges == unknown.changes)
    #expect(book.faults.unknownRemovals == unknown.removals)
}

private func compare(_ book: L3Book, _ naive: NaiveL3Book) -> Bool {
    guard book.count == naive.orders.count else { return false }
    for side in Side.allCases {
        guard book.best(side) == naive.best(side) else { return false }
        guard book.levelCount(side) == Set(naive.orders.filter { $0.side == side }.map(\.ticks)).count else { return false }
        for ticks in Int64(95)...105 {
            let queue = book.orders(side, ticks)
            let plain = queue.map { NaiveL3Book.Order(id: $0.id, side: $0.side, ticks: $0.ticks, lots: $0.lots) }
            guard plain == naive.queue(side, ticks), book.lots(side, ticks) == naive.lots(side, ticks) else { return false }
            for order in queue {
                guard book[order.id] == order, book.lots(side, ticks, before: order.place) == naive.ahead(of: order.id) else {
                    return false
                }
            }
            guard book.lots(side, ticks, before: book.nextPlace) == book.lots(side, ticks) else { return false }
        }
    }
    return true
}

@Suite struct L3BookTests {
    private static func three() -> L3Book {
        var book = L3Book()
        for id in Int64(1)...3 { book.add(id, .buy, ticks: 100, lots: 10 * id) }
        return book
    }

    private static func ids(_ book: L3Book, _ ticks: Int64 = 100) -> [Int64] { book.orders(.buy, ticks).map(\.id) }

    @Test func `an order that shrinks keeps its place`() {
        var book = Self.three()
        book.change(1, .buy, ticks: 100, lots: 4)
        #expect(Self.ids(book) == [1, 2, 3])
        #expect(book.lots(.buy, 100) == 54)
    }

    @Test func `an order that grows goes to the end`() {
        var book = Self.three()
        book.change(1, .buy, ticks: 100, lots: 11)
        #expect(Self.ids(book) == [2, 3, 1])
        #expect(book.lots(.buy, 100, before: book[1]?.place ?? 0) == 50)
    }

    @Test func `an order that moves joins the end of its new price`() {
        var book = Self.three()
        book.add(4, .buy, ticks: 101, lots: 5)
        book.change(2, .buy, ticks: 101, lots: 1)
        #expect(Self.ids(book) == [1, 3])
        #expect(Self.ids(book, 101) == [4, 2])
        #expect(book.best(.buy) == 101)
    }

    @Test func `an order that shrinks to nothing is gone`() {
        var book = Self.three()
        let change = book.change(2, .buy, ticks: 100, lots: 0)
        #expect(change?.old.lots == 20 && change?.new.lots == 0)
        #expect(Self.ids(book) == [1, 3] && book[2] == nil)
    }

    @Test func `what does not fit is counted and does no harm`() {
        var book = Self.three()
        book.change(9, .buy, ticks: 100, lots: 1)
        book.remove(8)
        book.add(7, .sell, ticks: 103, lots: 0)
        book.add(1, .buy, ticks: 99, lots: 1)
        var faults = L3Book.Faults()
        (faults.unknownChanges, faults.unknownRemovals, faults.emptyAdditions, faults.repeatedAdditions) = (1, 1, 1, 1)
        #expect(book.faults == faults)
        #expect(Self.ids(book) == [2, 3] && Self.ids(book, 99) == [1] && book.best(.sell) == nil)
    }
}
