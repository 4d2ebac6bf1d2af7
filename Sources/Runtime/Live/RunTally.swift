public import Market
public import Trading
public import Venues

/// Counts what a running core does, and keeps what was said last.
public final class RunTally: CoreObserver {
    /// Something that was said to people.
    public struct Remark: Hashable, Sendable {
        public var time: Timestamp
        /// A strategy or a venue; empty: the run.
        public var source: String
        public var text: String
    }

    private static let kept = 20

    public private(set) var orders: Int64 = 0
    public private(set) var fills: Int64 = 0
    public private(set) var lateFills: Int64 = 0
    /// What the venues refused: orders, cancels and amends.
    public private(set) var rejects: Int64 = 0
    /// What our own risk refused.
    public private(set) var denials: Int64 = 0
    /// Requests of whose outcome nobody told in time.
    public private(set) var unknowns: Int64 = 0
    public private(set) var liquidations: Int64 = 0
    public private(set) var alarmCount: Int64 = 0
    /// The last ones, oldest first.
    public private(set) var alarms: [Remark] = []
    public private(set) var notes: [Remark] = []
    private let strategies: [String]

    /// - Parameter strategies: Names, by instance.
    public init(strategies: [String]) { self.strategies = strategies }

    /// Something a person should look at.
    public func alarm(_ text: String, from source: String, at time: Timestamp) {
        alarmCount += 1
        Self.keep(Remark(time: time, source: source, text: text), in: &alarms)
    }

    public func alarm(_ alarm: SessionAlarm, from venue: String, at time: Timestamp) {
        self.alarm("\(alarm.kind.rawValue): \(alarm.text)", from: venue, at: time)
    }

    private static func keep(_ remark: Remark, in remarks: inout [Remark]) {
        if remarks.count == kept { remarks.removeFirst() }
        remarks.append(remark)
    }

    public func submitted(_ order: Order, at time: Timestamp) { orders += 1 }
    public func becameUnknown(_ order: Order, at time: Timestamp) { unknowns += 1 }
    public func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp) {
        fills += 1
        if isLate { lateFills += 1 }
    }
    public func ended(_ order: Order, at time: Timestamp) { if order.life == .done(.denied) { denials += 1 } }
    public func funded(_ payment: FundingPayment, account: AccountID, at time: Timestamp) {}
    public func liquidated(
        _ quantity: Quantity, of instrument: InstrumentID, at price: FinePrice, penalty: Money, account: AccountID, time: Timestamp
    ) { liquidations += 1 }
    public func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp) {}
    public func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp) {
        rejects += 1
    }
    public func noted(_ text: String, instance: StrategyID?, at time: Timestamp) {
        let source = instance.map { strategies.indices.contains($0.index) ? strategies[$0.index] : "strategy \($0.rawValue)" } ?? ""
        Self.keep(Remark(time: time, source: source, text: text), in: &notes)
    }
}
