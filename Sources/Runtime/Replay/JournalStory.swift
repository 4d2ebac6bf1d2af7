public import Market
internal import Trading

/// What a person asks of a journal: records around a time, of an order or an account, each command with what led to it.
public struct JournalStory {
    public struct Question: Sendable {
        public var around: Timestamp?
        /// On each side of `around`.
        public var within: Nanoseconds
        public var order: OrderID?
        public var account: AccountID?

        public init(around: Timestamp? = nil, within: Nanoseconds = .seconds(1), order: OrderID? = nil, account: AccountID? = nil) {
            self.around = around
            self.within = within
            self.order = order
            self.account = account
        }

        func wants(_ entry: JournalEntry) -> Bool {
            if let around, entry.time < around - within || entry.time > around + within { return false }
            if let order, entry.order != order { return false }
            return account == nil || entry.account == account
        }
    }

    /// What led to a command.
    public enum Cause: Hashable, Sendable {
        case record(JournalFile.Entry)
        /// Market data that reached us at this time: they are in the tape, not in the journal.
        case market(Timestamp)
    }

    public struct Line: Sendable {
        public var entry: JournalFile.Entry
        public var told: JournalNames.Told
        /// Of a command.
        public var cause: Cause?
    }

    /// What is known of an order at the journal's end.
    public struct Fate: Sendable {
        public var order: OrderID
        public var instrument: InstrumentID
        public var quantity: Quantity
        public var filled: Quantity
        /// Σ ticks × lots.
        public var filledTickLots: Int64
        public var isAcknowledged: Bool
        /// The record that ended it; nil while it is open or nobody said.
        public var end: JournalFile.Entry?
    }

    private let question: Question
    public let names: JournalNames
    private var lastInput: JournalFile.Entry?
    private var trades: Set<UInt64> = []
    /// Of the last orders: their reports do not all name it.
    private var instruments: [OrderID: InstrumentID] = [:]
    /// Of the order that is asked for.
    public private(set) var fate: Fate?

    public init(_ file: JournalFile, _ question: Question) {
        self.question = question
        names = JournalNames(file.header)
    }

    /// Takes the journal's next record; returns it told, if it is asked for.
    public mutating func take(_ entry: JournalFile.Entry) -> Line? {
        note(entry)
        defer { if !entry.entry.isCommand { lastInput = entry } }
        guard question.wants(entry.entry) else { return nil }
        let instrument = entry.entry.order.flatMap { instruments[$0] }
        return Line(
            entry: entry, told: names.tell(entry.entry, instrument: instrument), cause: entry.entry.isCommand ? cause(entry.entry) : nil)
    }

    private func cause(_ command: JournalEntry) -> Cause {
        // An input of the same instant led to it; a later instant without an input is market data's.
        if let lastInput, lastInput.entry.time == command.time { .record(lastInput) } else { .market(command.time) }
    }

    private mutating func note(_ entry: JournalFile.Entry) {
        guard let order = entry.entry.order else { return }
        if case .command(.submit(let request), _) = entry.entry {
            instruments[order] = request.instrument
            // Ids only grow and most orders live shortly: memory is not to grow with the journal.
            if instruments.count > 200_000 { instruments = instruments.filter { $0.key.rawValue + 100_000 > order.rawValue } }
            guard order == question.order else { return }
            fate = Fate(
                order: order, instrument: request.instrument, quantity: request.quantity, filled: .zero, filledTickLots: 0,
                isAcknowledged: false)
        }
        guard order == question.order, case .report(let event) = entry.entry else { return }
        switch event.report {
        case .acknowledged: fate?.isAcknowledged = true
        case .amended(_, _, let quantity): fate?.quantity = quantity
        case .filled(let fill):
            guard trades.insert(fill.trade).inserted, let before = fate else { return }
            fate?.filled = before.filled + fill.quantity
            fate?.filledTickLots += fill.price.ticks * fill.quantity.lots
            if before.end == nil, before.filled + fill.quantity >= before.quantity { fate?.end = entry }
        case .cancelled, .expired, .rejected(_, .submit, _), .notFound: if fate?.end == nil { fate?.end = entry }
        case .status(let status): if !status.isOpen, fate?.end == nil { fate?.end = entry }
        case .triggered, .rejected, .endOfAnswer, .leverage, .position, .balance, .funding, .liquidation, .adjustment, .externalFlow: break
        }
    }
}
