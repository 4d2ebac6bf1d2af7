internal import Market
internal import Trading

/// The numbers of the requests of one key, which a lane stands for: those that its sender gives them, and those that the venue
/// accepts.
///
/// The sender counts up without waiting for answers. When the venue turns a request away without using its number up, it takes
/// the venue's next number, as it is when it hears of that; what is under way with later numbers may be turned away too.
struct NonceOrder: BitwiseCopyable {
    private let rule: NonceRule
    private var toSend: UInt64 = 1
    private var lastAccepted: UInt64 = 0
    /// A number was not used up, and the sender does not know yet.
    private var isBroken = false

    init(_ rule: NonceRule) { self.rule = rule }

    /// The number of the next request to leave.
    mutating func next() -> UInt64 {
        defer { toSend += 1 }
        return toSend
    }

    /// Whether the venue lets a request with this number in; it is used up then.
    mutating func accept(_ nonce: UInt64) -> Bool {
        switch rule {
        case .exact: guard nonce == lastAccepted + 1 else { return false }
        case .increasing: guard nonce > lastAccepted else { return false }
        }
        lastAccepted = nonce
        return true
    }

    /// A request was turned away before its number was looked at, or because of it.
    mutating func keep() { isBroken = true }

    /// The request that was accepted last was turned away before it reached the matching: its number is free again.
    mutating func giveBack() {
        lastAccepted -= 1
        isBroken = true
    }

    /// Its sender has heard of a refusal.
    mutating func repair() {
        guard isBroken else { return }
        isBroken = false
        toSend = lastAccepted + 1
    }
}

extension Command {
    /// Whether it carries a number.
    var isNumbered: Bool {
        switch self {
        case .submit, .amend, .cancel, .cancelAll, .setLeverage, .deadMan: true
        case .query: false
        }
    }
}

/// Numbers of requests, where the venue has a rule for them.
extension SimulatedVenue {
    /// Where the numbers of a request's key are kept.
    private func key(_ command: Command, _ account: Int) -> Int {
        account * AccountConnection.laneLimit + connections[account].lane(command)
    }

    /// The number of a request that leaves now; 0 for none.
    func number(_ command: Command, _ account: Int) -> UInt64 {
        nonces.count > 0 && command.isNumbered ? nonces[key(command, account)].next() : 0
    }

    /// Refuses a request whose number is not the one that is due; returns whether it did.
    func isOutOfOrder(_ request: SentRequest, _ account: Int, _ time: Timestamp) -> Bool {
        guard request.command.isNumbered, !nonces[key(request.command, account)].accept(request.nonce) else { return false }
        turnAway(request.command, .nonce, account, time)
        return true
    }

    /// Refuses a request without using its number up.
    func turnAway(_ command: Command, _ reason: RejectReason, _ account: Int, _ time: Timestamp) {
        if nonces.count > 0, command.isNumbered { nonces[key(command, account)].keep() }
        report(command.refusal(reason), account, time)
    }

    /// An order was refused after its number was looked at, and before the matching.
    func giveBackNumber(_ request: OrderRequest, _ account: Int) {
        if nonces.count > 0 { nonces[key(.submit(request), account)].giveBack() }
    }

    /// An account's sender hears of a refusal.
    func noteRefusal(_ event: borrowing AccountEvent) {
        guard case .rejected = event.report else { return }
        let first = accountIndex(event.account) * AccountConnection.laneLimit
        for key in first..<first + AccountConnection.laneLimit { nonces[key].repair() }
    }
}
