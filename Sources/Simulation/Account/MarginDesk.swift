public import Market

/// How an account stands with the venue.
public enum MarginStanding: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    /// It may open.
    case healthy
    /// Below the initial requirement: only what reduces is accepted.
    case reducing
    /// Below the maintenance requirement: the venue closes parts of its positions.
    case liquidating
    /// Below the close-out requirement, or without equity: the venue takes its positions over.
    case takenOver

    public static func < (lhs: MarginStanding, rhs: MarginStanding) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// An account's equity in one settlement currency and what is asked for there, in 10⁻⁹ of it.
public struct MarginState: Hashable, Sendable {
    public var currency: Currency
    /// Balance and what open positions would pay at the mark.
    public var equity: Int64
    /// Open orders included.
    public var initial: Int64
    public var maintenance: Int64
    /// nil where the venue closes out at no equity.
    public var closeOut: Int64?
    public var hasPositions: Bool

    public func standing(_ rules: MarginRules) -> MarginStanding {
        if equity < 0 { return .takenOver }
        if hasPositions {
            if let closeOut, equity < closeOut { return .takenOver }
            if equity < maintenance { return rules.liquidation == .takeover ? .takenOver : .liquidating }
        }
        return equity < initial ? .reducing : .healthy
    }
}

/// What the venue keeps on its accounts' margin, and whom it has to look at again.
struct MarginDesk {
    /// nil: no margin is asked for.
    let margin: VenueConfiguration.Margin?
    /// What margin is reckoned in, sorted.
    let currencies: [Currency]
    /// By account × listing: chosen by the account.
    private var leverages: [Int64?]
    private let listings: Int
    /// By account.
    private(set) var standings: [MarginStanding]
    private var isStale: [Bool]
    /// By account: when parts of its positions were last sent to the book.
    private var lastPasses: [Timestamp]
    /// Whether any account has to be looked at.
    private(set) var isDue = false
    /// The limit of the venue's own order that is being matched, where its fee depends on it.
    var zeroPrice: FinePrice?
    var funds: VenueFunds

    init(_ configuration: VenueConfiguration) {
        let accounts = configuration.accounts
        listings = configuration.listings.count
        // That tool knows no margin.
        let margin = configuration.matching == .hftbacktest ? nil : configuration.margin
        self.margin = margin
        let asked = configuration.listings.enumerated().filter { margin?.tables[$0.offset] != nil }
        currencies = Set(asked.map(\.element.instrument.settlement)).sorted()
        leverages = accounts.flatMap { account in configuration.listings.map { _ in account.leverage } }
        standings = accounts.map { _ in .healthy }
        isStale = accounts.map { _ in false }
        lastPasses = accounts.map { _ in .distantPast }
        funds = VenueFunds(listings: listings)
    }

    func table(_ listing: Int) -> MarginTable? { margin?.tables[listing] }

    func leverage(_ account: Int, _ listing: Int) -> Int64? { leverages[account * listings + listing] }

    mutating func setLeverage(_ leverage: Int64, _ account: Int, _ listing: Int) { leverages[account * listings + listing] = leverage }

    mutating func setStanding(_ standing: MarginStanding, _ account: Int) { standings[account] = standing }

    /// Something of the account changed.
    mutating func note(_ account: Int) {
        guard margin != nil else { return }
        isStale[account] = true
        isDue = true
    }

    /// A fill with the market: its other end, and a reason to look at the account.
    mutating func fill(
        _ contract: Contract, _ account: Int, _ change: Quantity, _ price: FinePrice, _ worth: Money, _ fee: Money
    ) {
        funds.market.add(worth)
        if contract.kind == .spot { funds.market.add(Money(nanos: -contract.baseAmount(change, at: price), contract.base)) }
        funds.fees.add(fee)
        note(account)
    }

    /// The next account to look at.
    mutating func takeStale() -> Int? {
        guard let account = isStale.firstIndex(of: true) else {
            isDue = false
            return nil
        }
        isStale[account] = false
        return account
    }

    /// Whether positions may be sent to the book now: once an instant.
    mutating func beginPass(_ account: Int, _ time: Timestamp) -> Bool {
        guard lastPasses[account] < time else { return false }
        lastPasses[account] = time
        return true
    }
}
