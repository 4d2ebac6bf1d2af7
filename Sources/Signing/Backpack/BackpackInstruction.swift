/// What a signed request to Backpack asks for. The instruction binds the signature to it: method and path are not signed.
public enum BackpackInstruction: String, Sendable, CaseIterable {
    case accountQuery, accountUpdate
    case maxOrderQuantity, maxBorrowQuantity, maxWithdrawalQuantity
    case convertDust
    case balanceQuery, collateralQuery, positionQuery
    case orderQuery, orderExecute, orderCancel
    case orderQueryAll, orderCancelAll
    case borrowLendPositionQuery, borrowLendExecute
    case depositQueryAll, depositAddressQuery, withdrawalQueryAll, withdraw
    case fillHistoryQueryAll, orderHistoryQueryAll, fundingHistoryQueryAll, positionHistoryQueryAll, settlementHistoryQueryAll
    case interestHistoryQueryAll, borrowHistoryQueryAll, borrowPositionHistoryQueryAll
    case rfqHistoryQueryAll, quoteHistoryQueryAll, rfqFillHistoryQueryAll, quoteFillHistoryQueryAll
    case strategyHistoryQueryAll, strategyQuery, strategyCreate, strategyCancel, strategyQueryAll, strategyCancelAll
    case rfqSubmit, quoteSubmit, quoteAccept, rfqRefresh, rfqCancel, rfqQuery
    /// Private streams of a WebSocket; their names are not signed.
    case subscribe
}

/// A request's endpoint, by which a server finds the instruction that must have been signed.
public struct BackpackEndpoint: Hashable, Sendable {
    public enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE" }

    public var method: Method
    public var path: String

    public init(_ method: Method, _ path: String) {
        self.method = method
        self.path = path
    }

    /// Nothing where the endpoint is public or not known.
    public var instruction: BackpackInstruction? { Self.instructions[self] }

    /// Signed endpoints. Where a batch of orders is posted each order carries the instruction (`BackpackSigningString.batch`).
    public static let instructions: [BackpackEndpoint: BackpackInstruction] = [
        BackpackEndpoint(.get, "/api/v1/account"): .accountQuery,
        BackpackEndpoint(.patch, "/api/v1/account"): .accountUpdate,
        BackpackEndpoint(.get, "/api/v1/account/limits/order"): .maxOrderQuantity,
        BackpackEndpoint(.get, "/api/v1/account/limits/borrow"): .maxBorrowQuantity,
        BackpackEndpoint(.get, "/api/v1/account/limits/withdrawal"): .maxWithdrawalQuantity,
        BackpackEndpoint(.post, "/api/v1/account/convertDust"): .convertDust,
        BackpackEndpoint(.get, "/api/v1/capital"): .balanceQuery,
        BackpackEndpoint(.get, "/api/v1/capital/collateral"): .collateralQuery,
        BackpackEndpoint(.get, "/api/v1/position"): .positionQuery,
        BackpackEndpoint(.get, "/api/v1/order"): .orderQuery,
        BackpackEndpoint(.post, "/api/v1/order"): .orderExecute,
        BackpackEndpoint(.delete, "/api/v1/order"): .orderCancel,
        BackpackEndpoint(.get, "/api/v1/orders"): .orderQueryAll,
        BackpackEndpoint(.post, "/api/v1/orders"): .orderExecute,
        BackpackEndpoint(.delete, "/api/v1/orders"): .orderCancelAll,
        BackpackEndpoint(.get, "/api/v1/borrowLend/positions"): .borrowLendPositionQuery,
        BackpackEndpoint(.post, "/api/v1/borrowLend"): .borrowLendExecute,
        BackpackEndpoint(.get, "/wapi/v1/capital/deposits"): .depositQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/capital/deposit/address"): .depositAddressQuery,
        BackpackEndpoint(.get, "/wapi/v1/capital/withdrawals"): .withdrawalQueryAll,
        BackpackEndpoint(.post, "/wapi/v1/capital/withdrawals"): .withdraw,
        BackpackEndpoint(.get, "/wapi/v1/history/fills"): .fillHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/orders"): .orderHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/funding"): .fundingHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/position"): .positionHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/settlement"): .settlementHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/interest"): .interestHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/borrowLend"): .borrowHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/borrowLend/positions"): .borrowPositionHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/rfq"): .rfqHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/quote"): .quoteHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/rfq/fill"): .rfqFillHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/quote/fill"): .quoteFillHistoryQueryAll,
        BackpackEndpoint(.get, "/wapi/v1/history/strategies"): .strategyHistoryQueryAll,
        BackpackEndpoint(.get, "/api/v1/strategy"): .strategyQuery,
        BackpackEndpoint(.post, "/api/v1/strategy"): .strategyCreate,
        BackpackEndpoint(.delete, "/api/v1/strategy"): .strategyCancel,
        BackpackEndpoint(.get, "/api/v1/strategies"): .strategyQueryAll,
        BackpackEndpoint(.delete, "/api/v1/strategies"): .strategyCancelAll,
        BackpackEndpoint(.post, "/api/v1/rfq"): .rfqSubmit,
        BackpackEndpoint(.post, "/api/v1/rfq/quote"): .quoteSubmit,
        BackpackEndpoint(.post, "/api/v1/rfq/accept"): .quoteAccept,
        BackpackEndpoint(.post, "/api/v1/rfq/refresh"): .rfqRefresh,
        BackpackEndpoint(.post, "/api/v1/rfq/cancel"): .rfqCancel,
        BackpackEndpoint(.get, "/api/v1/rfqs"): .rfqQuery,
    ]
}
