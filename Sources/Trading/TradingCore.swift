public import Market

/// The deterministic heart of a run: events in, commands out.
public final class TradingCore {
    public internal(set) var now = Timestamp.distantPast
    public let instruments: [Instrument]
    public let books: BookTable

    init(instruments: [Instrument]) {
        self.instruments = instruments
        books = BookTable(count: instruments.count)
    }

    // Each of these is built by the execution services.
    func bookState(_ i: InstrumentID) -> BookState { fatalError("core under construction") }
    func bookAge(_ i: InstrumentID) -> Nanoseconds { fatalError("core under construction") }
    func mark(_ i: InstrumentID) -> FinePrice? { fatalError("core under construction") }
    func funding(_ i: InstrumentID) -> MarketEvent? { fatalError("core under construction") }
    func position(_ a: AccountID, _ i: InstrumentID) -> Quantity { fatalError("core under construction") }
    func ownPosition(_ s: StrategyID, _ a: AccountID, _ i: InstrumentID) -> Quantity { fatalError("core under construction") }
    func inFlight(_ s: StrategyID, _ a: AccountID, _ i: InstrumentID, _ p: OrderPurpose?) -> Quantity {
        fatalError("core under construction")
    }
    func balance(_ a: AccountID, _ c: Currency) -> Money { fatalError("core under construction") }
    func equity(_ a: AccountID, _ c: Currency) -> Money { fatalError("core under construction") }
    func order(_ id: OrderID) -> Order? { fatalError("core under construction") }
    func openOrders(_ s: StrategyID, _ a: AccountID?, _ i: InstrumentID?) -> [Order] { fatalError("core under construction") }
    func freeze(_ s: StrategyID) -> FreezeReason? { fatalError("core under construction") }
    func submit(_ d: OrderDraft, _ s: StrategyID, _ a: AlgorithmID?) -> OrderID { fatalError("core under construction") }
    func amend(_ id: OrderID, price: Price, quantity: Quantity) { fatalError("core under construction") }
    func cancel(_ id: OrderID) { fatalError("core under construction") }
    func setLeverage(_ a: AccountID, _ i: InstrumentID, _ l: Int64) { fatalError("core under construction") }
    func run(_ a: any Algorithm, _ s: StrategyID) -> AlgorithmID { fatalError("core under construction") }
    func cancel(_ a: AlgorithmID) { fatalError("core under construction") }
    func finish(_ a: AlgorithmID, _ e: AlgorithmEnd) { fatalError("core under construction") }
    func wake(at t: Timestamp, _ s: StrategyID, _ a: AlgorithmID?) -> TimerToken { fatalError("core under construction") }
    func cancel(_ t: TimerToken) { fatalError("core under construction") }
    func random(_ s: StrategyID, _ r: ClosedRange<Int64>) -> Int64 { fatalError("core under construction") }
    func setFreeze(_ s: StrategyID, _ r: FreezeReason?) { fatalError("core under construction") }
    func note(_ s: StrategyID, _ t: String) { fatalError("core under construction") }
}
