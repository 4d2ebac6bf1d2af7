internal import Market
public import Trading

/// Where a run's profit came from (`domain` A.6): made of differences of `value` along each instrument's path, so that it sums
/// to the net profit with nothing left over.
///
/// It is kept from the core's own fills, fees and payments, while the net profit comes from the venues' balances: a fill that
/// one of them has and the other has not, or has otherwise, leaves a residual.
struct AttributionLedger: ~Copyable {
    struct Path: BitwiseCopyable {
        var position = Quantity.zero
        var mid: FinePrice?
        /// The move of the last step, and the position's base amount after it; zero if there was none.
        var moved: Int64 = 0
        var base: Int64 = 0
    }

    private let contracts: Table<Contract>
    /// Instruments of one symbol have one number.
    private let symbols: Table<Int>
    /// By account × instrument.
    private let paths: Table<Path>
    /// Execution edge by role and purpose.
    private(set) var edges: ContiguousArray<(key: EdgeKey, amounts: CurrencyAmounts)> = []
    private(set) var basis = CurrencyAmounts()
    /// Moves of what was not paired: while it was naked, and while it was an inventory to be had.
    private(set) var nakedExposure = CurrencyAmounts()
    private(set) var inventory = CurrencyAmounts()
    /// By symbol: from which unpaired base amount on it is naked.
    private let tolerances: Table<Int64>
    private(set) var fees = CurrencyAmounts()
    private(set) var funding = CurrencyAmounts()
    private(set) var penalties = CurrencyAmounts()
    private(set) var adjustments = CurrencyAmounts()

    struct EdgeKey: Hashable {
        var role: LiquidityRole
        var purpose: OrderPurpose
    }

    init(_ instruments: [Instrument], accounts: Int) {
        contracts = Table(instruments.map(\.contract))
        symbols = Table(instruments.map { instrument in instruments.firstIndex { $0.symbol == instrument.symbol } ?? 0 })
        paths = Table(count: accounts * instruments.count) { _ in Path() }
        tolerances = Table(count: instruments.count) { _ in .max }
    }

    /// From here on an unpaired amount of the symbol is naked.
    mutating func setTolerance(_ base: Int64, symbol: Int) { tolerances[symbol] = base }

    private func slot(_ account: AccountID, _ instrument: InstrumentID) -> Int { account.index * contracts.count + instrument.index }

    func position(_ account: AccountID, _ instrument: InstrumentID) -> Quantity { paths[slot(account, instrument)].position }

    /// How many paths hold a position.
    private var heldCount = 0
    var isFlat: Bool { heldCount == 0 }

    /// Moves every held position's path to these mids, split into what paired positions cancel and what is exposed.
    mutating func move(_ mids: [FinePrice?]) {
        var hasMoved = false
        var instrument = -1
        for slot in paths.indices {
            instrument = instrument + 1 == contracts.count ? 0 : instrument + 1
            let path = paths[slot]
            paths[slot].moved = 0
            paths[slot].base = 0
            guard let mid = mids[instrument] else { continue }
            paths[slot].mid = mid
            guard let last = path.mid, !path.position.isZero else { continue }
            if mid != last {
                let (now, before) = (value(contracts[instrument], path.position, mid), value(contracts[instrument], path.position, last))
                paths[slot].moved = now.nanos - before.nanos
                hasMoved = hasMoved || paths[slot].moved != 0
            }
            paths[slot].base = contracts[instrument].baseAmount(path.position, at: mid)
        }
        guard hasMoved else { return }
        for slot in paths.indices where paths[slot].moved != 0 {
            // What one symbol's longs and shorts have in common; coins of different symbols do not pair.
            let symbol = symbols[slot % contracts.count]
            var (long, short) = (Int128(0), Int128(0))
            for peer in paths.indices where symbols[peer % contracts.count] == symbol {
                long += Int128(max(0, paths[peer].base))
                short += Int128(max(0, -paths[peer].base))
            }
            let side = paths[slot].base > 0 ? long : short
            let (moved, currency) = (paths[slot].moved, contracts[slot % contracts.count].settlement)
            let share = side == 0 ? 0 : roundedQuotient(Int128(moved) * min(long, short), side)
            basis.add(Money(nanos: share, currency))
            let rest = Money(nanos: moved - share, currency)
            if abs(long - short) >= Int128(tolerances[symbol]) { nakedExposure.add(rest) } else { inventory.add(rest) }
        }
    }

    /// Books a fill of the core's record; `mid` is the one just before it at the venue, where the path has been moved to. While
    /// it is not known, the path stays where it was, so that no move of a held position is lost.
    mutating func fill(_ fill: Fill, account: AccountID, purpose: OrderPurpose, mid: FinePrice?) {
        let price = contracts[fill.instrument.index].finePrice(fill.price)
        let edge = change(fill.signedQuantity, of: fill.instrument, at: price, account: account, mid: mid)
        let key = EdgeKey(role: fill.role, purpose: purpose)
        let place = edges.firstIndex { $0.key == key } ?? edges.count
        if place == edges.count { edges.append((key, CurrencyAmounts())) }
        edges[place].amounts.add(edge)
        fees.add(-fill.fee)
    }

    /// Books what the venue closed by force: what its price was worse than the mid counts as penalty too.
    mutating func liquidate(
        _ quantity: Quantity, of instrument: InstrumentID, at price: FinePrice, penalty: Money, account: AccountID, mid: FinePrice?
    ) {
        penalties.add(change(quantity, of: instrument, at: price, account: account, mid: mid))
        penalties.add(-penalty)
    }

    /// Moves a position and returns what its price was better than the mid.
    private mutating func change(
        _ change: Quantity, of id: InstrumentID, at price: FinePrice, account: AccountID, mid: FinePrice?
    ) -> Money {
        let (slot, contract) = (slot(account, id), contracts[id.index])
        let position = paths[slot].position
        let mid = mid ?? paths[slot].mid ?? price
        paths[slot].position = position + change
        heldCount += (position.isZero ? 0 : -1) + (paths[slot].position.isZero ? 0 : 1)
        paths[slot].mid = mid
        return value(contract, position + change, mid) - value(contract, position, mid) - value(contract, change, price)
    }

    mutating func fund(_ payment: FundingPayment) { funding.add(payment.amount) }
    mutating func adjust(_ money: Money) { adjustments.add(money) }

    /// What open positions are worth at the marks beyond what they are worth at the mids of their paths.
    func markDifference(_ marks: [FinePrice?]) -> CurrencyAmounts {
        var sum = CurrencyAmounts()
        for slot in paths.indices where !paths[slot].position.isZero {
            let (instrument, position) = (slot % contracts.count, paths[slot].position)
            guard let mid = paths[slot].mid, let mark = marks[instrument] else { continue }
            sum.add(value(contracts[instrument], position, mark) - value(contracts[instrument], position, mid))
        }
        return sum
    }
}

/// The attribution of a run in its reporting currency; every line is exact and their sum is the net profit.
public struct Attribution: Hashable, Sendable {
    public struct Edge: Hashable, Sendable {
        public var role: LiquidityRole
        public var purpose: OrderPurpose
        public var amount: ExactAmount
    }

    /// By role and purpose: makers capture spread, takers pay it.
    public var edges: [Edge]
    /// Price moves of paired positions: the difference between the venues.
    public var basis: ExactAmount
    /// Price moves of what was not paired: while it was large enough to be hedged and was not.
    public var nakedExposure: ExactAmount
    /// The same of what nobody meant to hedge, or could: inventory, and dust.
    public var inventory: ExactAmount
    public var fees: ExactAmount
    public var funding: ExactAmount
    public var penalties: ExactAmount
    public var adjustments: ExactAmount
    /// Change of (mark − mid) on open positions.
    public var markDifference: ExactAmount
    /// What the collateral gained by the rates between its currencies and the reporting one.
    public var currency: ExactAmount
    public var netProfit: ExactAmount

    public var sum: ExactAmount {
        edges.reduce(.zero) { $0 + $1.amount } + basis + nakedExposure + inventory + fees + funding + penalties + adjustments
            + markDifference + currency
    }

    /// 0, or the books of core and venue differ.
    public var residual: ExactAmount { netProfit - sum }
}
