public import Market
public import Simulation
public import Trading

/// Where the rows of a run's tables go while it runs.
public protocol RunOutput: AnyObject {
    /// - Parameters:
    ///   - strategy: Whose order it was; nil where nobody knows.
    ///   - isLate: It came after the order had ended.
    func fill(
        _ fill: Fill, of strategy: String?, purpose: OrderPurpose?, account: String, instrument: Instrument, venueTime: Timestamp,
        isLate: Bool
    ) throws(RunError)
    func witness(_ fill: VenueFill, account: String, instrument: Instrument) throws(RunError)
    func order(_ order: Order, of strategy: String?, account: String, instrument: Instrument, at time: Timestamp) throws(RunError)
    /// Equity in 10⁻⁹ of the reporting currency.
    func equity(_ equity: Int64, at time: Timestamp) throws(RunError)
    func position(_ quantity: Quantity, account: String, instrument: Instrument, at time: Timestamp) throws(RunError)
    func note(_ text: String, at time: Timestamp) throws(RunError)
}
