internal import Market
internal import Trading

/// Follows each own fill until its last horizon. A fill is told when it happens; what the books showed at its horizons is asked
/// for later, of the trails that the venues keep of their touches, and added to the sums at once.
struct MarkoutRecorder: ~Copyable {
    /// Asks what an instrument's book showed at a moment; `none` where it could not be relied on.
    typealias Touches = (_ instrument: Int, _ time: Timestamp) -> Touch

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
        var rate: Int64
        /// In 10⁻⁹ of the settlement currency.
        var notional: Int64
        /// The row that counts it against the mid.
        var row: Int
    }

    /// How far the fills have come on their way to one horizon.
    struct Horizon: BitwiseCopyable {
        var span: Nanoseconds
        /// How many have passed it.
        var passed = 0
        /// When the next one passes; `.never` if none is waiting.
        var due = Timestamp.never
    }

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
    /// The first rows are of venue × role against the micro-price and the other venue's mid; the others count fills against the
    /// mid, one row for each kind of fill that there was.
    private var rows: MarkoutRows
    private var kinds = FillKinds()
    /// By venue × role and horizon.
    private let distrusted: Table<Markouts.Excluded>
    private let unfinished: Table<Markouts.Excluded>
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
        rows = MarkoutRows(count: roles * 2)
        distrusted = Table(count: roles * count) { _ in Markouts.Excluded() }
        unfinished = Table(count: roles * count) { _ in Markouts.Excluded() }
        blocks = BlockSums(from: description.start, width: roles * count)
        volatility = instruments.map { _ in SecondVolatility() }
    }

    /// Once a second or so: what the volatility is reckoned from.
    mutating func sample(_ mids: [FinePrice?], at time: Timestamp) {
        for index in volatility.indices { volatility[index].add(mids[index], at: time) }
    }

    // MARK: A fill's way

    /// A fill; it is compared with what the books showed strictly before it.
    ///
    /// - Parameters:
    ///   - age: How long ago the order was sent.
    ///   - rate: 10⁻⁹ of the reporting currency for one of the settlement currency.
    mutating func fill(_ fill: Fill, at time: Timestamp, age: Nanoseconds, isCancelling: Bool, rate: Int64, _ touches: Touches) {
        fills += 1
        let (index, quantity) = (fill.instrument.index, fill.signedQuantity)
        let isMaker = fill.role == .maker
        let role = venueOfInstrument[index] * 2 + (isMaker ? 0 : 1)
        let price = contracts[index].finePrice(fill.price)
        let moment = time - Nanoseconds(count: 1)
        let own = ReferencePrices(touches(index, moment), tickSize: contracts[index].tickSize)
        let kind = FillKinds.Kind(
            role: role, isSell: fill.side == .sell, spread: own.map { Double($0.spread) / Double(max(1, $0.mid.nanos)) * 1e4 },
            volatility: volatility[index].basisPoints, age: isMaker ? Double(age.count) / 1e9 : nil,
            isCancelling: isMaker ? isCancelling : nil)
        let follower = Waiting(
            time: time, instrument: index, role: role, quantity: quantity,
            units: contracts[index].kind == .inverse ? 1_000_000_000 : quantity.lots * contracts[index].lotUnit,
            paid: worth(index, quantity, price), before: worths(index, quantity, own, moment, touches), rate: rate,
            notional: abs(value(contracts[index], quantity, price).nanos), row: kinds.row(kind, &rows))
        waiting.append(follower)
        if follower.before.mid != Self.none { count(follower) }
        for place in horizons.indices where horizons[place].due == .never { horizons[place].due = time + horizons[place].span }
        nextDue = min(nextDue, horizons[0].due)
    }

    @inline(__always)
    private func worth(_ instrument: Int, _ quantity: Quantity, _ price: FinePrice) -> Worth {
        contracts[instrument].kind == .inverse ? value(contracts[instrument], quantity, price).nanos : price.nanos
    }

    @inline(__always)
    private func worths(
        _ instrument: Int, _ quantity: Quantity, _ own: ReferencePrices?, _ time: Timestamp, _ touches: Touches
    ) -> Worths {
        guard let own else { return Worths() }
        var worths = Worths(mid: worth(instrument, quantity, own.mid), microPrice: worth(instrument, quantity, own.microPrice))
        if let other = others[instrument], let prices = ReferencePrices(touches(other, time), tickSize: contracts[other].tickSize) {
            worths.otherVenue = worth(instrument, quantity, prices.mid)
        }
        return worths
    }

    /// Takes the prices of the horizons that have come until now; the trails begin no later than the last time it was called.
    mutating func take(through now: Timestamp, _ touches: Touches) {
        guard nextDue <= now else { return }
        var next = Timestamp.never
        for place in horizons.indices {
            while horizons[place].due <= now { pass(place, touches) }
            next = min(next, horizons[place].due)
        }
        nextDue = next
        while horizons[horizons.count - 1].passed > removed {
            waiting.removeFirst()
            removed += 1
        }
    }

    /// Takes the prices of the next fill that a horizon is due for.
    @inline(__always)
    private mutating func pass(_ place: Int, _ touches: Touches) {
        let at = horizons[place].passed - removed
        let due = horizons[place].due
        horizons[place].passed += 1
        horizons[place].due = at + 1 < waiting.count ? waiting[at + 1].time + horizons[place].span : .never
        let cell = waiting[at].role * horizons.count + place
        guard waiting[at].before.mid != Self.none else { return distrusted[cell].add(waiting[at]) }
        let instrument = waiting[at].instrument
        let own = ReferencePrices(touches(instrument, due), tickSize: contracts[instrument].tickSize)
        book(waiting[at], worths(instrument, waiting[at].quantity, own, due, touches), place)
    }

    // MARK: The sums

    /// Rows of venue × role.
    @inline(__always)
    private func viewRows(_ role: Int) -> (microPrice: Int, otherVenue: Int) { (2 * role, 2 * role + 1) }

    /// Counts a fill that has a price before it, at every horizon.
    private mutating func count(_ fill: Waiting) {
        let views = viewRows(fill.role)
        rows.count(fill.part(fill.before.mid), in: fill.row)
        rows.count(fill.part(fill.before.microPrice), in: views.microPrice)
        if fill.before.otherVenue != Self.none { rows.count(fill.part(fill.before.otherVenue), in: views.otherVenue) }
    }

    /// Adds what a fill's price was worth at a horizon, or leaves it out there.
    @inline(__always)
    private mutating func book(_ fill: Waiting, _ after: Worths, _ place: Int) {
        let views = viewRows(fill.role)
        if fill.before.otherVenue != Self.none {
            if after.otherVenue == Self.none {
                rows.exclude(fill.part(fill.before.otherVenue), from: views.otherVenue, place)
            } else {
                rows.add(fill.amount(after.otherVenue), to: views.otherVenue, place)
            }
        }
        guard after.mid != Self.none else {
            distrusted[fill.role * horizons.count + place].add(fill)
            rows.exclude(fill.part(fill.before.mid), from: fill.row, place)
            rows.exclude(fill.part(fill.before.microPrice), from: views.microPrice, place)
            return
        }
        rows.add(fill.amount(after.mid), to: fill.row, place)
        rows.add(fill.amount(after.microPrice), to: views.microPrice, place)
        let rate = Double(fill.rate) / 1e18
        blocks.add(
            weight: Double(fill.notional) * rate, value: Double(fill.units) * Double(after.mid - fill.paid) / 1e9 * rate * 1e4,
            to: fill.role * horizons.count + place, at: fill.time)
    }

    /// What is still waiting has no price at its horizon: the run is over.
    mutating func finish() -> Markouts {
        let count = horizons.count
        for place in horizons.indices {
            for at in horizons[place].passed - removed..<waiting.count {
                let fill = waiting[at]
                unfinished[fill.role * count + place].add(fill)
                guard fill.before.mid != Self.none else { continue }
                let views = viewRows(fill.role)
                rows.exclude(fill.part(fill.before.mid), from: fill.row, place)
                rows.exclude(fill.part(fill.before.microPrice), from: views.microPrice, place)
                guard fill.before.otherVenue != Self.none else { continue }
                rows.exclude(fill.part(fill.before.otherVenue), from: views.otherVenue, place)
            }
            horizons[place].due = .never
        }
        waiting.removeAll()
        nextDue = .never
        var roles: [Markouts.Role] = []
        for role in 0..<venues.count * 2 {
            let intervals = (0..<count).map { blocks.interval(role * count + $0).map { Markouts.Interval(low: $0.low, high: $0.high) } }
            let views = viewRows(role)
            roles.append(
                Markouts.Role(
                    venue: venues[role / 2], isMaker: role % 2 == 0,
                    cells: [kinds.cells(rows) { $0.role == role }, rows.cells([views.microPrice]), rows.cells([views.otherVenue])],
                    intervals: intervals, distrusted: (0..<count).map { distrusted[role * count + $0] },
                    unfinished: (0..<count).map { unfinished[role * count + $0] }))
        }
        return Markouts(roles: roles, groups: kinds.groups(rows), block: blocks.block, fills: fills)
    }
}

extension MarkoutRecorder.Waiting {
    /// What the fill gained when its price was worth `worth`.
    @inline(__always)
    fileprivate func amount(_ worth: MarkoutRecorder.Worth) -> ExactAmount {
        ExactAmount(fine: product(units, worth - paid), rate: rate)
    }

    /// The fill counted once, with what it captured when its price before it was worth `before`.
    @inline(__always)
    fileprivate func part(_ before: MarkoutRecorder.Worth) -> Markouts.Cell {
        Markouts.Cell(fills: 1, notional: ExactAmount(nanos: notional, rate: rate), captured: amount(before), markout: .zero)
    }
}

extension Markouts.Excluded {
    @inline(__always)
    fileprivate mutating func add(_ fill: borrowing MarkoutRecorder.Waiting) {
        fills += 1
        notional += ExactAmount(nanos: fill.notional, rate: fill.rate)
    }
}
