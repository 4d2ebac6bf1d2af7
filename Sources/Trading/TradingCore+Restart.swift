public import Market

/// What a restarted core has still to hear of before it sends orders again.
struct Recovery {
    /// By account: the fills that it missed were told, and the orders that are open.
    var heardFills: [Bool]
    var heardOrders: [Bool]
    /// Orders from here on are its own.
    let firstOrder: OrderID

    /// Whether the exposure is known: what filled, and what may still fill.
    var knowsExposure: Bool { heardFills.allSatisfy(\.self) && heardOrders.allSatisfy(\.self) }
}

/// Going on after the process died.
///
/// A fresh core is given all that the journal holds, as in a replay, and stands where the dead one stood at its last commit:
/// orders, ledgers, what is frozen or killed, and the strategies in the middle of their work. What was sent and told after that
/// nobody has recorded. So every order that was open is unknown, reserved whole and asked about; the books are not trusted; each
/// venue is asked for fills and open orders. Until all have answered no order leaves and no timer fires, then hedges do, and
/// quotes when no order of before is unknown any more. An order of which there is no record is cancelled where it rests, and what
/// it filled counts as a change that the strategies have to deal with.
extension TradingCore {
    /// More questions than the dead process can have asked since its last commit: answers to them are not taken for ours.
    private static let lostQueries: UInt64 = 1 << 20

    /// The id of the next order.
    public var nextOrder: OrderID { orders.nextID }

    /// Whether no order leaves because the exposure is not known yet.
    public var isRecovering: Bool { recovery.map { !$0.knowsExposure } ?? false }

    /// - Parameter nextOrder: An id that no order had, whether or not the journal holds it: ids are reserved before they are used.
    /// - Precondition: All that the journal holds was given to this core, and no command of before is waiting.
    public func restart(at time: Timestamp, nextOrder: OrderID) {
        advance(to: time)
        journal?.append(JournalRecord(restartAt: time, nextOrder: nextOrder))
        lostOrders.append(orders.nextID.rawValue..<nextOrder.rawValue)
        orders.skip(to: nextOrder)
        lastQuery += Self.lostQueries
        forgetBooks()
        if isStarted {
            recovery = Recovery(
                heardFills: accounts.map { _ in false }, heardOrders: accounts.map { _ in false }, firstOrder: nextOrder)
            reviewAll()
            for id in orders.open {
                // One that was unknown before is asked about anew, with a deadline of its own.
                _ = orders.update(id) { $0.certainty = .known }
                if let order = orders[id] { becomeUnknown(order) }
            }
        }
        hasNews = true
        deliver()
    }

    /// Whether an order of this purpose may leave.
    func mayOrder(_ purpose: OrderPurpose) -> Bool {
        guard let recovery else { return true }
        guard recovery.knowsExposure else { return false }
        guard purpose == .quote else { return true }
        let isSettled = orders.open.allSatisfy { id in
            id >= recovery.firstOrder || orders.read(id) { $0.certainty == .known } ?? true
        }
        if isSettled { self.recovery = nil }
        return isSettled
    }

    func heardFills(_ account: AccountID) {
        guard isRecovering else { return }
        recovery?.heardFills[account.index] = true
        endRecovery()
    }

    func heardOrders(_ account: AccountID) {
        guard isRecovering else { return }
        recovery?.heardOrders[account.index] = true
        endRecovery()
    }

    private func endRecovery() {
        guard !isRecovering, !isStopped else { return }
        hasNews = true
        note(nil, "restarted: the venues have told what was missed")
        // What a kill wants closed is what stands now.
        if risk.killLevel == .flatten { flattenAll() }
    }

    /// A fill of an order that nobody has recorded.
    func adopt(_ fill: Fill, _ account: AccountID) {
        guard lostOrders.contains(where: { $0.contains(fill.order.rawValue) }) else { return }
        note(nil, "order \(fill.order.rawValue), which was lost with the process, filled \(fill.quantity.lots) lots")
        let parts = positions.attribute(fill.signedQuantity, of: fill.instrument, account: account)
        if !isStopped { tell(parts) { .adjusted(account, fill.instrument, $0) } }
    }
}
