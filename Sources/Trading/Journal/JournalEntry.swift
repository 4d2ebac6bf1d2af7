public import Market

/// Whether the records of a feed reach us.
public enum FeedReach: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// They do; after another state the book is fetched anew.
    case open
    /// They do not, and nothing says so.
    case silent
    /// They do not, and we know: the book is not trusted.
    case down
    /// They do not, and what came last has crossed the book.
    case crossed
}

/// What one record of a journal says: something that entered the core, or a command that left it.
public enum JournalEntry: Hashable, BitwiseCopyable, Sendable {
    case command(Command, at: Timestamp)
    case report(AccountEvent)
    case connection(ConnectionEvent)
    case `operator`(OperatorEvent, at: Timestamp)
    case wake(at: Timestamp)
    case start(at: Timestamp)
    case stop(StopReason, at: Timestamp)
    /// The process had died: the core was rebuilt from the records before this one, and its next order has this id.
    case restart(nextOrder: OrderID, at: Timestamp)
    /// The driver kept a feed's records from the core, or let them through again.
    case feed(InstrumentID, FeedReach, at: Timestamp)

    /// The core's time when it entered or left.
    public var time: Timestamp {
        switch self {
        case .report(let event): event.receiveTime
        case .connection(let event): event.time
        case .command(_, let time), .operator(_, let time), .wake(let time), .start(let time), .stop(_, let time), .feed(_, _, let time),
            .restart(_, let time):
            time
        }
    }

    public var isCommand: Bool { if case .command = self { true } else { false } }

    /// The record that says this, word for word.
    public var record: JournalRecord {
        switch self {
        case .command(let command, let time): JournalRecord(command, at: time)
        case .report(let event): JournalRecord(event)
        case .connection(let event): JournalRecord(event)
        case .operator(let event, let time): JournalRecord(event, at: time)
        case .wake(let time): JournalRecord(wakeAt: time)
        case .start(let time): JournalRecord(startAt: time)
        case .stop(let reason, let time): JournalRecord(reason, at: time)
        case .feed(let instrument, let reach, let time): JournalRecord(reach, of: instrument, at: time)
        case .restart(let next, let time): JournalRecord(restartAt: time, nextOrder: next)
        }
    }
}

extension JournalEntry {
    /// The order that it is about; nil where it is about none.
    public var order: OrderID? {
        switch self {
        case .command(let command, _):
            switch command {
            case .submit(let request): request.order
            case .amend(let request): request.order
            case .cancel(let request): request.order
            case .query(let request): if case .order(let order, _) = request.subject { order } else { nil }
            case .cancelAll, .setLeverage, .deadMan: nil
            }
        case .report(let event):
            switch event.report {
            case .acknowledged(let order), .triggered(let order), .notFound(let order), .amended(let order, _, _),
                .cancelled(let order, _), .expired(let order, _), .rejected(let order, _, _):
                order
            case .filled(let fill): fill.order
            case .status(let status): status.order
            case .endOfAnswer, .leverage, .position, .balance, .funding, .liquidation, .adjustment, .externalFlow: nil
            }
        case .connection, .operator, .wake, .start, .stop, .feed, .restart: nil
        }
    }

    /// The account that it is about; nil where it is about none.
    public var account: AccountID? {
        switch self {
        case .command(let command, _): command.account
        case .report(let event): event.account
        case .connection, .operator, .wake, .start, .stop, .feed, .restart: nil
        }
    }
}

extension JournalEntry {
    /// The instrument that it is about; nil where it is about none, or does not say.
    public var instrument: InstrumentID? {
        switch self {
        case .command(let command, _):
            switch command {
            case .submit(let request): request.instrument
            case .amend(let request): request.instrument
            case .cancel(let request): request.instrument
            case .cancelAll(_, let instrument): instrument
            case .query(let request): if case .order(_, let instrument) = request.subject { instrument } else { nil }
            case .setLeverage(_, let instrument, _): instrument
            case .deadMan: nil
            }
        case .report(let event):
            switch event.report {
            case .filled(let fill): fill.instrument
            case .status(let status): status.instrument
            case .leverage(let instrument, _), .position(let instrument, _, _), .liquidation(let instrument, _, _, _, _): instrument
            case .funding(let payment): payment.instrument
            case .acknowledged, .triggered, .notFound, .amended, .cancelled, .expired, .rejected, .endOfAnswer, .balance, .adjustment,
                .externalFlow:
                nil
            }
        case .feed(let instrument, _, _): instrument
        case .connection, .operator, .wake, .start, .stop, .restart: nil
        }
    }
}
