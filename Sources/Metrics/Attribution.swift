internal import Market
public import Trading

/// Where a run's profit came from (`domain` A.6): made of differences of `value` along each instrument's path, so that it sums
/// to the net profit with nothing left over.
///
/// It is kept from the core's own fills, fees and payments, while the net profit comes from the venues' balances: a fill that
/// one of them has and the other has not, or has otherwise, leaves a residual.
struct AttributionLedger {
    struct Key: Hashable {
        var account: AccountID
        var instrument: InstrumentID
    }

    private struct Path {
        var position = Quantity.zero
        var mid: FinePrice?
    }

    private let instruments: [Instrument]
    private var paths: [Key: Path] = [:]
    /// Execution edge by role and purpose.
    private(set) var edges: [EdgeKey: CurrencyAmounts] = [:]
    private(set) var basis = CurrencyAmounts()
    private(set) var netExposure = CurrencyAmounts()
    private(set) var fees = CurrencyAmounts()
    private(set) var funding = CurrencyAmounts()
    private(set) var penalties = CurrencyAmounts()
    private(set) var adjustments = CurrencyAmounts()

    struct EdgeKey: Hashable {
        var role: LiquidityRole
        var purpose: OrderPurpose
    }

    init(_ instruments: [Instrument]) { self.instruments = instruments }

    func position(_ account: AccountID, _ instrument: InstrumentID) -> Quantity {
        paths[Key(account: account, instrument: instrument)]?.position ?? .zero
    }

    /// Moves every held position's path to these mids, split into what paired positions cancel and what is exposed.
    mutating func move(_ mids: [FinePrice?]) {
        var moves: [(key: Key, amount: Money, base: Int64)] = []
        for key in paths.keys.sorted(by: { ($0.account, $0.instrument) < ($1.account, $1.instrument) }) {
            guard let path = paths[key], let mid = mids[key.instrument.index] else { continue }
            paths[key]?.mid = mid
            guard let last = path.mid, !path.position.isZero else { continue }
            let instrument = instruments[key.instrument.index]
            let amount = value(instrument, path.position, mid) - value(instrument, path.position, last)
            moves.append((key, amount, instrument.baseAmount(path.position, at: mid)))
        }
        for move in moves {
            // What one symbol's longs and shorts have in common; coins of different symbols do not pair.
            let symbol = instruments[move.key.instrument.index].symbol
            let peers = moves.filter { instruments[$0.key.instrument.index].symbol == symbol }
            let long = peers.reduce(Int128(0)) { $0 + Int128(max(0, $1.base)) }
            let short = peers.reduce(Int128(0)) { $0 + Int128(max(0, -$1.base)) }
            let paired = min(long, short)
            let side = move.base > 0 ? long : short
            let share = side == 0 ? 0 : roundedQuotient(Int128(move.amount.nanos) * paired, side)
            basis.add(Money(nanos: share, move.amount.currency))
            netExposure.add(Money(nanos: move.amount.nanos - share, move.amount.currency))
        }
    }

    /// Books a fill of the core's record; `mid` is the one just before it at the venue, where the path has been moved to. While
    /// it is not known, the path stays where it was, so that no move of a held position is lost.
    mutating func fill(_ fill: Fill, account: AccountID, purpose: OrderPurpose, mid: FinePrice?) {
        let price = instruments[fill.instrument.index].finePrice(fill.price)
        let edge = change(fill.signedQuantity, of: fill.instrument, at: price, account: account, mid: mid)
        edges[EdgeKey(role: fill.role, purpose: purpose), default: CurrencyAmounts()].add(edge)
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
        let key = Key(account: account, instrument: id)
        let instrument = instruments[id.index]
        let path = paths[key] ?? Path()
        let mid = mid ?? path.mid ?? price
        paths[key] = Path(position: path.position + change, mid: mid)
        return value(instrument, path.position + change, mid) - value(instrument, path.position, mid) - value(instrument, change, price)
    }

    mutating func fund(_ payment: FundingPayment) { funding.add(payment.amount) }
    mutating func adjust(_ money: Money) { adjustments.add(money) }

    /// What open positions are worth at the marks beyond what they are worth at the mids of their paths.
    func markDifference(_ marks: [FinePrice?]) -> CurrencyAmounts {
        var sum = CurrencyAmounts()
        for (key, path) in paths where !path.position.isZero {
            guard let mid = path.mid, let mark = marks[key.instrument.index] else { continue }
            let instrument = instruments[key.instrument.index]
            sum.add(value(instrument, path.position, mark) - value(instrument, path.position, mid))
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
    /// Price moves of what was not paired.
    public var netExposure: ExactAmount
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
        edges.reduce(.zero) { $0 + $1.amount } + basis + netExposure + fees + funding + penalties + adjustments + markDifference + currency
    }

    /// 0, or the books of core and venue differ.
    public var residual: ExactAmount { netProfit - sum }
}
