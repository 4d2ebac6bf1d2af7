public import Market

/// What a venue tells of one account and of what may be traded there, when it is asked before a run begins.
///
/// Symbols are the venue's own, sizes 10⁻⁹ of the base currency, prices 10⁻⁹ of the quote currency. What has not been told is nil.
public struct AccountFacts: Hashable, Sendable {
    public enum Question: String, Hashable, Sendable, CaseIterable {
        case time, markets, account, balances, positions
        case openOrders = "open orders"
    }

    /// Why a question has no answer.
    public struct Trouble: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            /// The venue's code and words.
            case refused(code: String, message: String)
            case notUnderstood(offset: Int, expected: String)
            /// There was no answer, or it said nothing.
            case unanswered(reason: String)
        }

        public var question: Question
        public var kind: Kind

        public init(_ question: Question, _ kind: Kind) { (self.question, self.kind) = (question, kind) }

        public var text: String {
            switch kind {
            case .refused(let code, let message): "refused: \(code)\(message.isEmpty ? "" : " \"\(message)\"")"
            case .notUnderstood(let offset, let expected): "the answer can't be read: byte \(offset), expected \(expected)"
            case .unanswered(let reason): "no answer: \(reason)"
            }
        }
    }

    public struct Market: Hashable, Sendable {
        public var symbol: String
        /// nil where it can't be traded here.
        public var instrument: Instrument?
        public var status: TradingStatus
        /// As the venue spells it.
        public var statusText: String
        /// Shares of the mark price between which the prices of orders have to be; nil where the venue states none.
        public var lowestPrice: Rate?
        public var highestPrice: Rate?
    }

    public struct Fees: Hashable, Sendable {
        public var contractMaker: Rate
        public var contractTaker: Rate
        public var spotMaker: Rate
        public var spotTaker: Rate
    }

    public struct Holding: Hashable, Sendable {
        public var asset: String
        /// In 10⁻⁹, with what is locked and what is lent.
        public var total: Int64
    }

    /// In 10⁻⁹ of the currency in which the venue reckons accounts.
    public struct Equity: Hashable, Sendable {
        public var net: Int64
        /// Not bound by positions and orders.
        public var available: Int64
    }

    public struct Position: Hashable, Sendable {
        public var symbol: String
        /// Negative is short.
        public var quantity: Int64
        public var entry: FinePrice
    }

    public struct Order: Hashable, Sendable {
        public var symbol: String
        /// The venue's.
        public var id: String
        /// Ours, where it was given one.
        public var client: UInt64?
        public var side: Side
        /// nil for one that takes what there is.
        public var price: FinePrice?
        public var quantity: Int64
        public var filled: Int64
    }

    public var clock = ClockOffset()
    public var markets: [Market]?
    public var fees: Fees?
    /// The largest share of equity that positions may be, in 10⁻⁹: 20 times are 20 × 10⁹.
    public var leverageLimit: Int64?
    public var isBeingLiquidated: Bool?
    public var holdings: [Holding]?
    public var equity: Equity?
    /// All that are not flat.
    public var positions: [Position]?
    public var openOrders: [Order]?
    /// Whether the key may take money out; nil: the venue doesn't tell.
    public var mayWithdraw: Bool?
    /// Questions without an answer, in the order in which they were asked.
    public var troubles: [Trouble] = []

    public init() {}

    public func market(_ symbol: String) -> Market? { markets?.first { $0.symbol == symbol } }
}
