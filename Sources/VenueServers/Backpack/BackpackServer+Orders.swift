internal import Market
internal import Simulation
internal import Trading

/// Orders: placed, in batches, cancelled and looked for.
extension BackpackServer {
    /// Limits further from the last price than these shares of it are refused.
    static let lastPriceBand = (least: Rate(trillionths: Rate.scale / 4), most: Rate(trillionths: 2 * Rate.scale))

    func place(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        guard !call.isBatch else { throw .client("parse request payload error: expected an object") }
        let draft = try BackpackOrderDraft(call.form("OrderExecutePayload"), self)
        return .json(try place(draft, call.account).json)
    }

    /// What can't be read refuses all; what the engine refuses only itself.
    func placeBatch(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        guard call.isBatch, !call.payloads.isEmpty else { throw .client("parse request payload error: expected a list of orders") }
        guard call.payloads.count <= configuration.largestBatch else {
            throw .client("A batch holds at most \(configuration.largestBatch) orders")
        }
        var drafts: [BackpackOrderDraft] = []
        for payload in call.payloads { drafts.append(try BackpackOrderDraft(BackpackForm(payload, "OrderExecutePayload"), self)) }
        var rows: [JSONValue] = []
        for draft in drafts {
            var members: [String: JSONValue] = [:]
            do throws(BackpackFault) {
                if case .object(let order) = try place(draft, call.account).json { members = order }
                members["operation"] = .text("Ok")
            } catch {
                if case .object(let fault) = error.json { members = fault }
                members["operation"] = .text("Err")
            }
            rows.append(.object(members))
        }
        return .json(.list(rows))
    }

    private func place(_ draft: BackpackOrderDraft, _ account: ServedAccount) throws(BackpackFault) -> ServedOrder {
        guard orders.openCount(account.index) < configuration.openOrders else { throw BackpackFault(.openOrderLimit) }
        if let client = draft.client, account.clients[client] != nil { throw BackpackFault(.duplicateOrder) }
        if venue.standing(account.id) >= .liquidating { throw BackpackFault(400, .accountLiquidating, "Account is liquidating") }
        let order = try draft.order(orders.nextID(), account, self)
        let request = try draft.request(order, account, self)
        orders.add(order)
        if let client = order.client { account.clients[client] = order.id }
        let outcome = operate(order.market, at: now) { [venue, now] in venue.handle(.submit(request), now: now) }
        publishOwn(order.market)
        if let reason = outcome.refusals[order.id] { throw BackpackFault(reason) }
        guard let placed = orders[order.id] else { throw BackpackFault(.venue) }
        return placed
    }

    // MARK: Cancelling

    private func find(_ form: BackpackForm, _ account: ServedAccount) throws(BackpackFault) -> ServedOrder {
        let symbol = try form.required(try form.text("symbol", "MarketSymbol"), "symbol")
        guard marketOfSymbol[symbol] != nil else { throw .unknownSymbol }
        guard form.has("orderId") != form.has("clientId") else { throw .client("Must specify either `orderId` or `clientId`") }
        var found: ServedOrder?
        if let number = try form.integer("orderId", 0...Int64.max, "OrderId") { found = orders.find(number: number) }
        if let client = try form.integer("clientId", 0...Int64(UInt32.max), "ClientId") {
            found = account.clients[UInt32(client)].flatMap { orders[$0] }
        }
        guard let found, found.account == account.index, found.market.symbol == symbol, found.status.isOpen else { throw .notFound }
        return found
    }

    func findOrder(_ call: Call) throws(BackpackFault) -> HTTPResponse { .json(try find(call.form("OrderQuery"), call.account).json) }

    func cancel(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let order = try cancel(try find(call.form("OrderCancelPayload"), call.account), call.account)
        return .json(order.json)
    }

    private func cancel(_ order: ServedOrder, _ account: ServedAccount) throws(BackpackFault) -> ServedOrder {
        let request = CancelRequest(account: account.id, instrument: order.market.id, order: order.id)
        let outcome = operate(order.market, at: now) { [venue, now] in venue.handle(.cancel(request), now: now) }
        publishOwn(order.market)
        if let reason = outcome.refusals[order.id] { throw BackpackFault(reason) }
        return orders[order.id] ?? order
    }

    private enum Kind: String, CaseIterable { case resting = "RestingLimitOrder", conditional = "ConditionalOrder" }

    func cancelAll(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let form = call.form("OrderCancelAllPayload")
        let symbol = try form.required(try form.text("symbol", "MarketSymbol"), "symbol")
        guard marketOfSymbol[symbol] != nil else { throw .unknownSymbol }
        let kind = try form.choice("orderType", "CancelOrderType", Kind.self)
        var cancelled: [ServedOrder] = []
        for order in orders.open(call.account.index) where order.market.symbol == symbol {
            let isConditional = order.status == .triggerPending
            guard kind == nil || (kind == .conditional) == isConditional else { continue }
            cancelled.append(try cancel(order, call.account))
        }
        return .json(.list(cancelled.map(\.json)))
    }

    func openOrders(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let query = BackpackQuery(call.parameters)
        let found = try markets(in: query)
        return .json(.list(orders.open(call.account.index).filter { order in found.contains { $0 === order.market } }.map(\.json)))
    }

    /// Those of a question about one symbol, some kinds or all.
    func markets(in query: BackpackQuery) throws(BackpackFault) -> [ServedMarket] {
        query["symbol"] == nil ? try markets(of: query) : [try market(in: query)]
    }
}
