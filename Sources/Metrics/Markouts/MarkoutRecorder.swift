internal import Market
internal import Trading

/// Follows each own fill until its last horizon: a fill is told when it happens, and the prices are asked for when a horizon is
/// due, so that nothing is kept of the market between them.
struct MarkoutRecorder: ~Copyable {
    /// What a fill adds to the sums when its horizons come.
    struct Waiting: BitwiseCopyable {
        var time: Timestamp
        var instrument: Int32
        var role: Int32
        var quantity: Quantity
        /// Of the quantity at its price and at each view's price before it; `none` where there was none.
        var paid: Int64
        var before: (Int64, Int64, Int64)
        var rate: Int64
        var notional: Int64
        /// The groups that it is of, by dimension.
        var groups: (Int16, Int16, Int16, Int16, Int16)
    }

    private static let none = Int64.min
    static let spreads: [(name: String, limit: Double)] = [
        ("under 0.5 bp", 0.5), ("0.5 to 1 bp", 1), ("1 to 2 bp", 2), ("2 to 5 bp", 5), ("5 bp and more", .infinity),
    ]
    static let volatilities: [(name: String, limit: Double)] = [
        ("under 0.25 bp", 0.25), ("0.25 to 0.5 bp", 0.5), ("0.5 to 1 bp", 1), ("1 to 2 bp", 2), ("2 bp and more", .infinity),
    ]
    static let ages: [(name: String, limit: Double)] = [
        ("under 0.1 s", 0.1), ("0.1 to 1 s", 1), ("1 to 10 s", 10), ("10 to 60 s", 60), ("60 s and more", .infinity),
    ]
    private static let dimensions: [(name: String, groups: [String])] = [
        ("side", ["buy", "sell"]), ("spread", spreads.map(\.name)), ("volatility of a second", volatilities.map(\.name)),
        ("time since sent (makers)", ages.map(\.name)), ("cancel sent before (makers)", ["no", "yes"]),
    ]

    private let contracts: [Contract]
    private let venueOfInstrument: [Int]
    private let venues: [String]
    /// By instrument: one of the same symbol at another venue.
    private let others: [Int?]
    // Its element is not private: the compiler wants its layout where the recorder is held.
    private var waiting = Ring<Waiting>(capacity: 64)
    /// How many fills have been taken off the ring, and how many have passed each horizon.
    private var removed = 0
    private var passed: [Int]
    /// By venue × role (makers, takers), view and horizon.
    private var roleCells: [Markouts.Cell]
    private var distrusted: [Markouts.Excluded]
    private var unfinished: [Markouts.Excluded]
    /// By group and horizon.
    private var groupCells: [Markouts.Cell]
    private let firstGroup: [Int]
    private var blocks: BlockSums
    private var volatility: [SecondVolatility]
    private var fills = 0
    /// When the next horizon is due; `.never` if none is.
    private(set) var nextDue = Timestamp.never

    init(_ description: RunDescription) {
        let instruments = description.instruments
        contracts = instruments.map(\.contract)
        let venues = description.venueOfInstrument.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        self.venues = venues
        venueOfInstrument = description.venueOfInstrument.map { name in venues.firstIndex(of: name) ?? 0 }
        others = instruments.indices.map { index in
            instruments.indices.first {
                instruments[$0].symbol == instruments[index].symbol
                    && description.venueOfInstrument[$0] != description.venueOfInstrument[index]
            }
        }
        let count = Markouts.horizons.count
        passed = Array(repeating: 0, count: count)
        roleCells = Array(repeating: Markouts.Cell(), count: venues.count * 2 * Markouts.View.allCases.count * count)
        distrusted = Array(repeating: Markouts.Excluded(), count: venues.count * 2 * count)
        unfinished = distrusted
        var first = [0]
        for dimension in Self.dimensions { first.append(first[first.count - 1] + dimension.groups.count) }
        firstGroup = first
        groupCells = Array(repeating: Markouts.Cell(), count: first[first.count - 1] * count)
        blocks = BlockSums(from: description.start, width: venues.count * 2 * count)
        volatility = instruments.map { _ in SecondVolatility() }
    }

    /// Once a second or so: what the volatility is reckoned from.
    mutating func sample(_ mids: [FinePrice?], at time: Timestamp) {
        for index in volatility.indices { volatility[index].add(mids[index], at: time) }
    }

    /// - Parameters:
    ///   - prices: What each instrument's book showed just before the fill; nil where it could not be relied on.
    ///   - age: How long ago the order was sent.
    ///   - rate: 10⁻⁹ of the reporting currency for one of the settlement currency.
    mutating func fill(_ fill: Fill, at time: Timestamp, _ prices: [ReferencePrices?], age: Nanoseconds, isCancelling: Bool, rate: Int64) {
        fills += 1
        let index = fill.instrument.index
        let contract = contracts[index]
        let paid = value(contract, fill.signedQuantity, contract.finePrice(fill.price)).nanos
        func worth(_ price: FinePrice?) -> Int64 { price.map { value(contract, fill.signedQuantity, $0).nanos } ?? Self.none }
        let own = prices[index]
        let isMaker = fill.role == .maker
        let spread = own.map { Double($0.spread) / Double(max(1, $0.mid.nanos)) * 1e4 }
        waiting.append(
            Waiting(
                time: time, instrument: Int32(index), role: Int32(venueOfInstrument[index] * 2 + (isMaker ? 0 : 1)),
                quantity: fill.signedQuantity, paid: paid,
                before: (worth(own?.mid), worth(own?.microPrice), worth(others[index].flatMap { prices[$0]?.mid })), rate: rate,
                notional: abs(paid),
                groups: (
                    fill.side == .buy ? 0 : 1, Self.place(spread, Self.spreads),
                    Self.place(volatility[index].basisPoints, Self.volatilities),
                    isMaker ? Self.place(Double(age.count) / 1e9, Self.ages) : -1, isMaker ? (isCancelling ? 1 : 0) : -1
                )))
        nextDue = min(nextDue, time + Markouts.horizons[0])
    }

    /// Where a figure falls; −1 if there is none.
    private static func place(_ figure: Double?, _ ranges: [(name: String, limit: Double)]) -> Int16 {
        guard let figure else { return -1 }
        return Int16(ranges.firstIndex { figure < $0.limit } ?? ranges.count - 1)
    }

    private mutating func findDue() {
        nextDue = .never
        for (horizon, span) in Markouts.horizons.enumerated() where passed[horizon] < removed + waiting.count {
            nextDue = min(nextDue, waiting[passed[horizon] - removed].time + span)
        }
    }

    /// Takes the horizons that are due now.
    ///
    /// - Parameter prices: What an instrument's book shows now; nil where it can't be relied on.
    mutating func take(at now: Timestamp, _ prices: (Int) -> ReferencePrices?) {
        for (horizon, span) in Markouts.horizons.enumerated() {
            while passed[horizon] < removed + waiting.count, waiting[passed[horizon] - removed].time + span <= now {
                let fill = waiting[passed[horizon] - removed]
                book(fill, horizon, prices)
                passed[horizon] += 1
            }
        }
        while !waiting.isEmpty, passed[passed.count - 1] > removed {
            waiting.removeFirst()
            removed += 1
        }
        findDue()
    }

    private mutating func book(_ fill: Waiting, _ horizon: Int, _ prices: (Int) -> ReferencePrices?) {
        let (index, count) = (Int(fill.instrument), Markouts.horizons.count)
        let (own, role) = (prices(index), Int(fill.role))
        let notional = ExactAmount(nanos: fill.notional, rate: fill.rate)
        guard let own, fill.before.0 != Self.none else {
            distrusted[role * count + horizon].fills += 1
            distrusted[role * count + horizon].notional += notional
            return
        }
        func cell(_ price: FinePrice, _ before: Int64) -> Markouts.Cell {
            let after = value(contracts[index], fill.quantity, price).nanos
            return Markouts.Cell(
                fills: 1, notional: notional, captured: ExactAmount(nanos: before - fill.paid, rate: fill.rate),
                markout: ExactAmount(nanos: after - fill.paid, rate: fill.rate))
        }
        let mid = cell(own.mid, fill.before.0)
        let views = Markouts.View.allCases.count
        roleCells[(role * views) * count + horizon] += mid
        roleCells[(role * views + 1) * count + horizon] += cell(own.microPrice, fill.before.1)
        if fill.before.2 != Self.none, let other = others[index].flatMap({ prices($0) }) {
            roleCells[(role * views + 2) * count + horizon] += cell(other.mid, fill.before.2)
        }
        add(mid, 0, fill.groups.0, horizon)
        add(mid, 1, fill.groups.1, horizon)
        add(mid, 2, fill.groups.2, horizon)
        add(mid, 3, fill.groups.3, horizon)
        add(mid, 4, fill.groups.4, horizon)
        let markout = value(contracts[index], fill.quantity, own.mid).nanos - fill.paid
        let rate = Double(fill.rate) / 1e18
        blocks.add(
            weight: Double(fill.notional) * rate, value: Double(markout) * rate * 1e4, to: role * count + horizon, at: fill.time)
    }

    private mutating func add(_ cell: Markouts.Cell, _ dimension: Int, _ group: Int16, _ horizon: Int) {
        guard group >= 0 else { return }
        groupCells[(firstGroup[dimension] + Int(group)) * Markouts.horizons.count + horizon] += cell
    }

    /// What is still waiting has no price at its horizon: the run is over.
    mutating func finish() -> Markouts {
        let count = Markouts.horizons.count
        for horizon in 0..<count {
            for at in passed[horizon] - removed..<waiting.count {
                let place = Int(waiting[at].role) * count + horizon
                unfinished[place].fills += 1
                unfinished[place].notional += ExactAmount(nanos: waiting[at].notional, rate: waiting[at].rate)
            }
            passed[horizon] = removed + waiting.count
        }
        nextDue = .never
        let views = Markouts.View.allCases.count
        func rows<Value>(_ values: [Value], _ row: Int) -> [Value] { Array(values[row * count..<(row + 1) * count]) }
        var roles: [Markouts.Role] = []
        for role in 0..<venues.count * 2 {
            let intervals = (0..<count).map { blocks.interval(role * count + $0).map { Markouts.Interval(low: $0.low, high: $0.high) } }
            roles.append(
                Markouts.Role(
                    venue: venues[role / 2], isMaker: role % 2 == 0, cells: (0..<views).map { rows(roleCells, role * views + $0) },
                    intervals: intervals, distrusted: rows(distrusted, role), unfinished: rows(unfinished, role)))
        }
        var groups: [Markouts.Group] = []
        for (dimension, names) in Self.dimensions.enumerated() {
            for (place, name) in names.groups.enumerated() {
                let cells = rows(groupCells, firstGroup[dimension] + place)
                if cells.contains(where: { $0.fills > 0 }) { groups.append(.init(dimension: names.name, name: name, cells: cells)) }
            }
        }
        return Markouts(roles: roles, groups: groups, block: blocks.block, fills: fills)
    }
}

extension Markouts.Cell {
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
