public import Market
internal import Signing
public import Venues

/// Requests: who may ask, and who answers.
extension BackpackServer {
    /// A request that has come, with its signature if it has one.
    struct Call {
        var account: ServedAccount
        var instruction: BackpackInstruction
        var method: HTTPRequest.Method
        var path: String
        /// One list of parameters; for a batch several.
        var payloads: [[BackpackParameter]]
        var isBatch: Bool

        var parameters: [BackpackParameter] { payloads.first ?? [] }
        func form(_ name: String) -> BackpackForm { BackpackForm(parameters, name) }
    }

    /// Takes a request as it arrived, and answers it.
    public func request(_ id: RequestID, _ request: HTTPRequest, at time: Timestamp) {
        advance(to: time)
        let response: HTTPResponse
        do throws(BackpackFault) { response = try respond(request) } catch { response = error.response }
        act(.answer(id, response))
    }

    private func respond(_ request: HTTPRequest) throws(BackpackFault) -> HTTPResponse {
        let target = RequestTarget(request.target)
        if let endpoint = BackpackPublicEndpoint(rawValue: target.path) {
            guard request.method == .get else { throw .methodNotAllowed }
            return try answer(endpoint, BackpackQuery(target.query))
        }
        guard let method = BackpackEndpoint.Method(rawValue: request.method.rawValue) else { throw .methodNotAllowed }
        guard let instruction = BackpackEndpoint(method, target.path).instruction else {
            throw BackpackEndpoint.instructions.keys.contains { $0.path == target.path } ? .methodNotAllowed : .notFound
        }
        let call = try signed(request, target, instruction)
        guard let response = try answer(call) else { throw .notFound }
        return response
    }

    /// - Throws: Where nobody of ours signed it, or not this, or not now; or where there are too many.
    private func signed(_ request: HTTPRequest, _ target: RequestTarget, _ instruction: BackpackInstruction) throws(BackpackFault) -> Call {
        let credentials = try BackpackCredentials(request.headers)
        guard let account = accountOfKey[credentials.key].map({ accounts[$0] }) else { throw .unauthorized }
        let (payloads, isBatch) = try payloads(request, target)
        let clauses = payloads.map { (instruction: instruction, parameters: $0) }
        try credentials.check(clauses, configuration.verifiesSignatures ? account.key : nil, at: now)
        if let limit = configuration.requestsPerMinute, !account.count(limit, at: now) { throw .tooMany }
        return Call(
            account: account, instruction: instruction, method: request.method, path: target.path, payloads: payloads, isBatch: isBatch)
    }

    private func payloads(_ request: HTTPRequest, _ target: RequestTarget) throws(BackpackFault) -> ([[BackpackParameter]], isBatch: Bool) {
        guard request.method != .get, !request.body.isEmpty else {
            return ([target.query.map { BackpackParameter(name: $0.name, value: .text($0.value)) }], false)
        }
        let value: JSONValue
        do throws(RowFailure) { value = try JSONValue.read(request.body) } catch {
            throw .client("parse request payload error: expected \(error.expected) at byte \(error.offset)")
        }
        func parameters(_ value: JSONValue) throws(BackpackFault) -> [BackpackParameter] {
            guard case .object(let members) = value else { throw .client("parse request payload error: expected an object") }
            return members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
                BackpackParameter(name: $0.key, value: $0.value)
            }
        }
        guard case .list(let values) = value else { return ([try parameters(value)], false) }
        var payloads: [[BackpackParameter]] = []
        for value in values { payloads.append(try parameters(value)) }
        return (payloads, true)
    }

    /// nil for an endpoint of the venue that is not served.
    private func answer(_ call: Call) throws(BackpackFault) -> HTTPResponse? {
        switch call.instruction {
        case .orderExecute: return try call.path == "/api/v1/orders" ? placeBatch(call) : place(call)
        case .orderCancel: return try cancel(call)
        case .orderCancelAll: return try cancelAll(call)
        case .orderQuery: return try findOrder(call)
        case .orderQueryAll: return try openOrders(call)
        case .accountQuery: return .json(accountJSON(call.account))
        case .accountUpdate: return try updateAccount(call)
        case .maxOrderQuantity: return try largestOrder(call)
        case .maxWithdrawalQuantity: return try largestWithdrawal(call)
        case .balanceQuery: return .json(capital(call.account))
        case .collateralQuery: return .json(collateral(call.account))
        case .positionQuery: return try positions(call)
        case .depositQueryAll: return try transfers(call, areDeposits: true)
        case .withdrawalQueryAll: return try transfers(call, areDeposits: false)
        case .fillHistoryQueryAll: return try fillHistory(call)
        case .orderHistoryQueryAll: return try orderHistory(call)
        case .fundingHistoryQueryAll: return try fundingHistory(call)
        case .positionHistoryQueryAll: return try positionHistory(call)
        default: return nil
        }
    }
}
