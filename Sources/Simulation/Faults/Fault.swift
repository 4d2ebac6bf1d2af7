public import Market
public import Trading

/// One thing that goes wrong at a venue for a while: what, for whom, and when. It happens whether or not anybody notices.
public struct Fault: Hashable, Sendable {
    /// How a request fails.
    public enum Answer: Hashable, Sendable {
        /// Nobody ever tells what became of it; nothing did.
        case silence
        /// Refused with this reason.
        case refusal(RejectReason)
    }

    /// What becomes of reports that were to be sent while the private stream was down.
    public enum Missed: String, Hashable, Sendable, CaseIterable {
        case lost
        /// They come, in order, when the stream is back.
        case late
    }

    /// Probabilities are shares of 1. Faults of reports concern what the venue pushes, never answers to queries.
    public enum Kind: Hashable, Sendable {
        /// Requests fail. When they fail silently the venue can't be reached at all: both streams are down too, and what the
        /// private one would have told comes when it is back.
        case outage(Answer)
        /// Orders and amendments fail.
        case submitFailure(Answer)
        /// Cancels fail, one by one and all at once.
        case cancelFailure(Answer)
        /// Latencies both ways are multiplied, then lengthened.
        case slow(factor: Rate, extra: Nanoseconds)
        /// Public data stop without a word; at the end the gap shows, and a full book follows.
        case staleBook
        /// A bid is left standing above the asks that we know, and then public data stop as with `staleBook`.
        case crossedBook
        /// The public stream is down and we know it; at the end comes a full book.
        case publicDisconnect
        case privateDisconnect(Missed)
        case droppedReports(probability: Rate)
        /// A report comes once more, this much later.
        case duplicatedReports(probability: Rate, after: Nanoseconds)
        /// A report comes this much later; those behind it overtake it.
        case lateReports(probability: Rate, by: Nanoseconds)
        /// A report changes places with the account's next one, or comes this much later if there is none until then.
        case reorderedReports(probability: Rate, within: Nanoseconds)
        /// Orders and amendments are refused.
        case rejections(RejectReason, probability: Rate)
        /// Every request is refused: too many.
        case rateLimited
        /// Reports of positions and balances are wrong by a share of the amount, in answers too, and pushed ones come late. Fills stay
        /// right.
        case positionReports(lag: Nanoseconds, error: Rate)
        /// The venue closes a share of each position at the mark, once, when the fault starts.
        case autoDeleveraging(share: Rate)
        /// The same as a liquidation, whatever the margin: orders are cancelled before, and the fee is taken.
        case liquidation(share: Rate)
        /// Fills cost this much more than agreed.
        case fees(extra: Rate)
        /// Prices must be whole multiples of so many ticks, and sizes of so many lots unless they reduce.
        case steps(ticks: Int64, lots: Int64)
    }

    public var kind: Kind
    /// nil: all of the venue.
    public var account: AccountID?
    /// nil: all of the venue.
    public var instrument: InstrumentID?
    public var start: Timestamp
    /// The first instant at which it is over; equal to `start` for what happens at once.
    public var end: Timestamp
    /// Names the random numbers that decide what it hits, among those of the plan's seed.
    public var stream: UInt64

    /// - Precondition: It does not end before it starts.
    public init(
        _ kind: Kind, account: AccountID? = nil, instrument: InstrumentID? = nil, from start: Timestamp = .distantPast,
        until end: Timestamp = .never, stream: UInt64 = 0
    ) {
        precondition(start <= end, "a fault ends before it starts")
        self.kind = kind
        self.account = account
        self.instrument = instrument
        self.start = start
        self.end = end
        self.stream = stream
    }

    /// Whether it concerns the account and the instrument; something without an instrument is concerned only by faults of all.
    func concerns(_ account: AccountID?, _ instrument: InstrumentID?) -> Bool {
        (self.account == nil || self.account == account) && (self.instrument == nil || self.instrument == instrument)
    }

    /// Whether the public stream of what it concerns is down meanwhile.
    var cutsPublicStream: Bool {
        switch kind {
        case .publicDisconnect: true
        case .outage(.silence): account == nil
        case .outage(.refusal), .submitFailure, .cancelFailure, .slow, .staleBook, .crossedBook, .privateDisconnect, .droppedReports,
            .duplicatedReports, .lateReports, .reorderedReports, .rejections, .rateLimited, .positionReports, .autoDeleveraging,
            .liquidation, .fees, .steps:
            false
        }
    }

    /// Whether public records of what it concerns do not reach us meanwhile.
    public var stopsPublicData: Bool { cutsPublicStream || kind == .staleBook || kind == .crossedBook }

    /// What becomes of private reports meanwhile; nil if it does not cut their stream.
    var missedReports: Missed? {
        switch kind {
        case .privateDisconnect(let missed): missed
        case .outage(.silence): .late
        case .outage(.refusal), .submitFailure, .cancelFailure, .slow, .staleBook, .crossedBook, .publicDisconnect, .droppedReports,
            .duplicatedReports, .lateReports, .reorderedReports, .rejections, .rateLimited, .positionReports, .autoDeleveraging,
            .liquidation, .fees, .steps:
            nil
        }
    }
}

/// A fault of a run and how many requests, reports, records or positions it has touched.
public struct FaultRecord: Hashable, Sendable {
    public var fault: Fault
    public var touched: Int64
}
