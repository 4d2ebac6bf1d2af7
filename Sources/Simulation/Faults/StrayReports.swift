internal import Market
internal import Trading

/// Reports that do not keep to their lane: late ones, copies, and those that the next one overtakes.
struct StrayReports {
    private struct Stray {
        var event: AccountEvent
        /// Comes right after the account's next report.
        var isOvertaken: Bool
    }

    /// By time of arrival; of one time, as they were added.
    private var strays: [Stray] = []

    /// When the next one arrives; `.never` if none is on its way.
    var next: Timestamp { strays.first?.event.receiveTime ?? .never }

    mutating func add(_ event: AccountEvent, isOvertaken: Bool = false) {
        let place = strays.firstIndex { $0.event.receiveTime > event.receiveTime } ?? strays.endIndex
        strays.insert(Stray(event: event, isOvertaken: isOvertaken), at: place)
    }

    /// A report of the account that arrives at `time` was sent: those that it overtakes arrive right after it.
    mutating func overtake(_ account: AccountID, _ time: Timestamp) {
        let overtaken = strays.filter { $0.isOvertaken && $0.event.account == account }
        guard !overtaken.isEmpty else { return }
        strays.removeAll { $0.isOvertaken && $0.event.account == account }
        for var stray in overtaken {
            stray.event.receiveTime = min(stray.event.receiveTime, time)
            add(stray.event)
        }
    }

    mutating func removeFirst() -> AccountEvent { strays.removeFirst().event }
}
