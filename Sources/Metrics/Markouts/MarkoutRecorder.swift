internal import Market
internal import Trading

/// Follows each own fill until its last horizon: a fill is told when it happens, and the prices are asked for when a horizon is
/// due, so that nothing is kept of the market between them. It is added to the sums when it has all of its prices.
struct MarkoutRecorder: ~Copyable {
    /// What a price makes of a fill, so that an amount is `units` times the difference of two: the price itself, or for an inverse
    /// contract, whose value is no multiple of it, the fill's value; `none` where there was no price.
    typealias Worth = Int64
    private static let none = Worth.min

    /// A fill at each view's price.
    struct Worths: BitwiseCopyable {
        var mid = none
        var microPrice = none
        var otherVenue = none
    }

    /// A fill that waits for its horizons.
    struct Waiting: BitwiseCopyable {
        var time: Timestamp
        var instrument: Int
        /// Venue × role.
        var role: Int
        var quantity: Quantity
        /// Signed: 10⁻⁹ of the base currency, or 1 for an inverse contract.
        var units: Int64
        var paid: Worth
        var before: Worths
        /// By horizon; the first `passed` are known.
        var after: InlineArray<6, Worths>
        var passed = 0
        var rate: Int64
        /// In 10⁻⁹ of the settlement currency.
        var notional: Int64
        /// The rows that count it against the mid: its role's, and one in each dimension that has a group for it.
        var rows: InlineArray<6, Int>
        var rowCount: Int
    }

    /// How far the fills have come on their way to one horizon.
    struct Horizon: BitwiseCopyable {
        var span: Nanoseconds
        /// How many have passed it.
        var passed = 0
        /// When the next one passes; `.never` if none is waiting.
        var due = Timestamp.never
    }

    /// Ranges of a figure, told apart by the limits between them.
    struct Ranges {
        var names: [String]
        var limits: [Double]

        /// Where a figure falls.
        func place(_ figure: Double) -> Int {
            var place = 0
            while place < limits.count, figure >= limits[place] { place += 1 }
            return place
        }
    }

    private static let spreads = Ranges(
        names: ["under 0.5 bp", "0.5 to 1 bp", "1 to 2 bp", "2 to 5 bp", "5 bp and more"], limits: [0.5, 1, 2, 5])
    private static let volatilities = Ranges(
        names: ["under 0.25 bp", "0.25 to 0.5 bp", "0.5 to 1 bp", "1 to 2 bp", "2 bp and more"], limits: [0.25, 0.5, 1, 2])
    private static let ages = Ranges(
        names: ["under 0.1 s", "0.1 to 1 s", "1 to 10 s", "10 to 60 s", "60 s and more"], limits: [0.1, 1, 10, 60])
    private static let dimensions: [(name: String, groups: [String])] = [
        ("side", ["buy", "sell"]), ("spread", spreads.names), ("volatility of a second", volatilities.names),
        ("time since sent (makers)", ages.names), ("cancel sent before (makers)", ["no", "yes"]),
    ]

    private let contracts: Table<Contract>
    private let venueOfInstrument: [Int]
    private let venues: [String]
    /// By instrument: one of the same symbol at another venue.
    private let others: [Int?]
    // Its element is not private: the compiler wants its layout where the recorder is held.
    private var waiting = Ring<Waiting>(capacity: 64)
    /// How many fills have been taken off the ring.
    private var removed = 0
    private let horizons: Table<Horizon>
    /// By row: all fills with a price before them. Rows are venue × role (makers, takers) × view, then the groups.
    private let all: Table<Markouts.Cell>
    /// By row and horizon: the markouts, and what `all` has more in fills, notional and captured than have a price there.
    private let cells: Table<Markouts.Cell>
    /// By venue × role and horizon.
    private let distrusted: Table<Markouts.Excluded>
    private let unfinished: Table<Markouts.Excluded>
    /// By dimension: the row of its first group.
    private let firstGroup: [Int]
    private var blocks: BlockSums
    private var volatility: [SecondVolatility]
    private var fills = 0
    /// When the next horizon is due; `.never` if none is.
    private(set) var nextDue = Timestamp.never

    init(_ description: RunDescription) {
        let instruments = description.instruments
        contracts = Table(instruments.map(\.contract))
        let venues = description.venueOfInstrument.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        self.venues = venues
        venueOfInstrument = description.venueOfInstrument.map { name in venues.firstIndex(of: name) ?? 0 }
        others = instruments.indices.map { index in
            instruments.indices.first {
                instruments[$0].symbol == instruments[index].symbol
                    && description.venueOfInstrument[$0] != description.venueOfInstrument[index]
            }
        }
        let (count, roles) = (Markouts.horizons.count, venues.count * 2)
        horizons = Table(Markouts.horizons.map { Horizon(span: $0) })
        var first = [roles * Self.views]
        for dimension in Self.dimensions { first.append(first[first.count - 1] + dimension.groups.count) }
        firstGroup = first
        let rows = first[first.count - 1]
        all = Table(count: rows) { _ in Markouts.Cell() }
        cells = Table(count: rows * count) { _ in Markouts.Cell() }
        distrusted = Table(count: roles * count) { _ in Markouts.Excluded() }
        unfinished = Table(count: roles * count) { _ in Markouts.Excluded() }
        blocks = BlockSums(from: description.start, width: roles * count)
        volatility = instruments.map { _ in SecondVolatility() }
    }

    private static let views = Markouts.View.allCases.count

    /// Once a second or so: what the volatility is reckoned from.
    mutating func sample(_ mids: [FinePrice?], at time: Timestamp) {
        for index in volatility.indices { volatility[index].add(mids[index], at: time) }
    }

    // MARK: A fill's way

    /// - Parameters:
    ///   - prices: What an instrument's book showed just before the fill; nil where it could not be relied on.
    ///   - age: How long ago the order was sent.
    ///   - rate: 10⁻⁹ of the reporting currency for one of the settlement currency.
    mutating func fill(
        _ fill: Fill, at time: Timestamp, age: Nanoseconds, isCancelling: Bool, rate: Int64, _ prices: (Int) -> ReferencePrices?
    ) {
        fills += 1
        let (index, quantity) = (fill.instrument.index, fill.signedQuantity)
        let isMaker = fill.role == .maker
        let role = venueOfInstrument[index] * 2 + (isMaker ? 0 : 1)
        let price = contracts[index].finePrice(fill.price)
        let own = prices(index)
        var (rows, rowCount) = (InlineArray<6, Int>(repeating: role * Self.views), 1)
        func join(_ dimension: Int, _ group: Int) {
            rows[rowCount] = firstGroup[dimension] + group
            rowCount += 1
        }
        join(0, fill.side == .buy ? 0 : 1)
        if let own { join(1, Self.spreads.place(Double(own.spread) / Double(max(1, own.mid.nanos)) * 1e4)) }
        if let figure = volatility[index].basisPoints { join(2, Self.volatilities.place(figure)) }
        if isMaker {
            join(3, Self.ages.place(Double(age.count) / 1e9))
            join(4, isCancelling ? 1 : 0)
        }
        waiting.append(
            Waiting(
                time: time, instrument: index, role: role, quantity: quantity,
                units: contracts[index].kind == .inverse ? 1_000_000_000 : quantity.lots * contracts[index].lotUnit,
                paid: worth(index, quantity, price), before: worths(index, quantity, own, prices),
                after: InlineArray(repeating: Worths()), rate: rate,
                notional: abs(value(contracts[index], quantity, price).nanos), rows: rows, rowCount: rowCount))
        for place in horizons.indices where horizons[place].due == .never { horizons[place].due = time + horizons[place].span }
        nextDue = min(nextDue, horizons[0].due)
    }

    @inline(__always)
    private func worth(_ instrument: Int, _ quantity: Quantity, _ price: FinePrice) -> Worth {
        contracts[instrument].kind == .inverse ? value(contracts[instrument], quantity, price).nanos : price.nanos
    }

    @inline(__always)
    private func worths(
        _ instrument: Int, _ quantity: Quantity, _ own: ReferencePrices?, _ prices: (Int) -> ReferencePrices?
    ) -> Worths {
        guard let own else { return Worths() }
        var worths = Worths(mid: worth(instrument, quantity, own.mid), microPrice: worth(instrument, quantity, own.microPrice))
        if let other = others[instrument], let prices = prices(other) { worths.otherVenue = worth(instrument, quantity, prices.mid) }
        return worths
    }

    /// Takes the horizons that are due now.
    ///
    /// - Parameter prices: What an instrument's book shows now; nil where it can't be relied on.
    mutating func take(at now: Timestamp, _ prices: (Int) -> ReferencePrices?) {
        var next = Timestamp.never
        for place in horizons.indices {
            while horizons[place].due <= now { pass(place, prices) }
            next = min(next, horizons[place].due)
        }
        nextDue = next
        let last = horizons.count - 1
        while horizons[last].passed > removed {
            book(waiting[0])
            waiting.removeFirst()
            removed += 1
        }
    }

    /// Takes the prices of the next fill that a horizon is due for.
    private mutating func pass(_ place: Int, _ prices: (Int) -> ReferencePrices?) {
        let at = horizons[place].passed - removed
        let instrument = waiting[at].instrument
        if waiting[at].before.mid != Self.none {
            waiting[at].after[place] = worths(instrument, waiting[at].quantity, prices(instrument), prices)
        }
        waiting[at].passed = place + 1
        horizons[place].passed += 1
        horizons[place].due = at + 1 < waiting.count ? waiting[at + 1].time + horizons[place].span : .never
    }

    // MARK: The sums

    /// Adds a fill; the horizons that it has not passed will not come.
    private mutating func book(_ fill: Waiting) {
        let (count, micro) = (horizons.count, fill.role * Self.views + 1)
        let hasOther = fill.before.otherVenue != Self.none
        guard fill.before.mid != Self.none else {
            for place in 0..<count { exclude(fill, place) }
            return
        }
        let notional = ExactAmount(nanos: fill.notional, rate: fill.rate)
        func part(_ before: Worth) -> Markouts.Cell {
            Markouts.Cell(fills: 1, notional: notional, captured: fill.amount(before), markout: .zero)
        }
        let (mid, microPrice) = (part(fill.before.mid), part(fill.before.microPrice))
        let other = hasOther ? part(fill.before.otherVenue) : Markouts.Cell()
        for row in 0..<fill.rowCount { all[fill.rows[row]] += mid }
        all[micro] += microPrice
        all[micro + 1] += other
        var markouts = InlineArray<6, ExactAmount>(repeating: .zero)
        let rate = Double(fill.rate) / 1e18
        let weight = Double(fill.notional) * rate
        for place in 0..<count {
            let after = fill.after[place]
            if hasOther, after.otherVenue == Self.none {
                cells[(micro + 1) * count + place] += other
            } else if hasOther {
                cells[(micro + 1) * count + place].markout += fill.amount(after.otherVenue)
            }
            guard after.mid != Self.none else {
                exclude(fill, place)
                for row in 0..<fill.rowCount { cells[fill.rows[row] * count + place] += mid }
                cells[micro * count + place] += microPrice
                continue
            }
            markouts[place] = fill.amount(after.mid)
            cells[micro * count + place].markout += fill.amount(after.microPrice)
            blocks.add(
                weight: weight, value: Double(fill.units) * Double(after.mid - fill.paid) / 1e9 * rate * 1e4,
                to: fill.role * count + place, at: fill.time)
        }
        for row in 0..<fill.rowCount {
            let first = fill.rows[row] * count
            for place in 0..<count { cells[first + place].markout += markouts[place] }
        }
    }

    private func exclude(_ fill: Waiting, _ place: Int) {
        let cell = fill.role * horizons.count + place
        let notional = ExactAmount(nanos: fill.notional, rate: fill.rate)
        if place < fill.passed {
            distrusted[cell].fills += 1
            distrusted[cell].notional += notional
        } else {
            unfinished[cell].fills += 1
            unfinished[cell].notional += notional
        }
    }

    /// What is still waiting has no price at its horizon: the run is over.
    mutating func finish() -> Markouts {
        while !waiting.isEmpty {
            book(waiting[0])
            waiting.removeFirst()
        }
        for place in horizons.indices { horizons[place].due = .never }
        nextDue = .never
        let count = horizons.count
        var roles: [Markouts.Role] = []
        for role in 0..<venues.count * 2 {
            let intervals = (0..<count).map { blocks.interval(role * count + $0).map { Markouts.Interval(low: $0.low, high: $0.high) } }
            roles.append(
                Markouts.Role(
                    venue: venues[role / 2], isMaker: role % 2 == 0, cells: (0..<Self.views).map { row(role * Self.views + $0) },
                    intervals: intervals, distrusted: (0..<count).map { distrusted[role * count + $0] },
                    unfinished: (0..<count).map { unfinished[role * count + $0] }))
        }
        var groups: [Markouts.Group] = []
        for (dimension, names) in Self.dimensions.enumerated() {
            for (place, name) in names.groups.enumerated() {
                let cells = row(firstGroup[dimension] + place)
                if cells.contains(where: { $0.fills > 0 }) { groups.append(.init(dimension: names.name, name: name, cells: cells)) }
            }
        }
        return Markouts(roles: roles, groups: groups, block: blocks.block, fills: fills)
    }

    /// A row's cells, by horizon.
    private func row(_ row: Int) -> [Markouts.Cell] {
        horizons.indices.map { place in
            let cell = cells[row * horizons.count + place]
            return Markouts.Cell(
                fills: all[row].fills - cell.fills, notional: all[row].notional - cell.notional,
                captured: all[row].captured - cell.captured, markout: cell.markout)
        }
    }
}

extension MarkoutRecorder.Waiting {
    /// What the fill gained when its price was worth `worth`.
    fileprivate func amount(_ worth: MarkoutRecorder.Worth) -> ExactAmount {
        ExactAmount(fine: Int128(units) * Int128(worth - paid), rate: rate)
    }
}

extension Markouts.Cell {
    @inline(__always)
    fileprivate static func += (lhs: inout Self, rhs: Self) {
        lhs.fills += rhs.fills
        lhs.notional += rhs.notional
        lhs.captured += rhs.captured
        lhs.markout += rhs.markout
    }
}

/// How much a mid moves within a second: the root of the mean square of its moves, the last minute weighing most.
struct SecondVolatility {
    private var last: (mid: FinePrice, time: Timestamp)?
    private var square: Double?

    mutating func add(_ mid: FinePrice?, at time: Timestamp) {
        guard let mid, mid.nanos > 0 else { return last = nil }
        guard let last else { return last = (mid, time) }
        let span = time - last.time
        guard span >= .seconds(1) else { return }
        let move = Double(mid.nanos - last.mid.nanos) / Double(last.mid.nanos) * 1e4
        let perSecond = move * move / (Double(span.count) / 1e9)
        square = square.map { $0 + (perSecond - $0) / 60 } ?? perSecond
        self.last = (mid, time)
    }

    /// nil until two mids are known.
    var basisPoints: Double? { square.map { $0.squareRoot() } }
}
