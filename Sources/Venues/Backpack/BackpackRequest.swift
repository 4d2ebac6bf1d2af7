internal import Market
package import Signing

/// A request to Backpack's REST interface.
package enum BackpackRequest: Hashable, Sendable {
    /// Names one order: ours by the id that we gave it, others by the venue's.
    package enum Name: Hashable, Sendable {
        case client(UInt32)
        case venue(Int64)
    }

    // Public.
    case time, status, markets
    /// `limit` levels a side, those nearest to the touch: 5, 10, 20, 50, 100, 500 or 1000.
    case depth(symbol: String, limit: Int)

    // Signed.
    case place(BackpackOrder)
    /// At most `largestBatch`.
    case batch([BackpackOrder])
    case cancel(symbol: String, Name)
    case cancelAll(symbol: String)
    /// Finds resting orders alone.
    case order(symbol: String, Name)
    case openOrders(symbol: String?)
    case positions, capital, collateral, account
    /// The newest first; `from` in milliseconds.
    case fills(symbol: String?, from: Int64?, limit: Int, offset: Int)
    /// One order by the venue's number, or the newest of the symbol.
    case orderHistory(symbol: String, id: Int64?)
    case fundingPayments(symbol: String?, limit: Int, offset: Int)
    case deposits(limit: Int, offset: Int)
    case withdrawals(limit: Int, offset: Int)
    /// For all markets of the account.
    case setLeverage(Int64)

    /// The venue states no limit; clients use 20 to 50.
    package static let largestBatch = 20

    package var endpoint: BackpackEndpoint {
        switch self {
        case .time: BackpackEndpoint(.get, "/api/v1/time")
        case .status: BackpackEndpoint(.get, "/api/v1/status")
        case .markets: BackpackEndpoint(.get, "/api/v1/markets")
        case .depth: BackpackEndpoint(.get, "/api/v1/depth")
        case .place: BackpackEndpoint(.post, "/api/v1/order")
        case .batch: BackpackEndpoint(.post, "/api/v1/orders")
        case .cancel: BackpackEndpoint(.delete, "/api/v1/order")
        case .cancelAll: BackpackEndpoint(.delete, "/api/v1/orders")
        case .order: BackpackEndpoint(.get, "/api/v1/order")
        case .openOrders: BackpackEndpoint(.get, "/api/v1/orders")
        case .positions: BackpackEndpoint(.get, "/api/v1/position")
        case .capital: BackpackEndpoint(.get, "/api/v1/capital")
        case .collateral: BackpackEndpoint(.get, "/api/v1/capital/collateral")
        case .account: BackpackEndpoint(.get, "/api/v1/account")
        case .fills: BackpackEndpoint(.get, "/wapi/v1/history/fills")
        case .orderHistory: BackpackEndpoint(.get, "/wapi/v1/history/orders")
        case .fundingPayments: BackpackEndpoint(.get, "/wapi/v1/history/funding")
        case .deposits: BackpackEndpoint(.get, "/wapi/v1/capital/deposits")
        case .withdrawals: BackpackEndpoint(.get, "/wapi/v1/capital/withdrawals")
        case .setLeverage: BackpackEndpoint(.patch, "/api/v1/account")
        }
    }

    /// None of a batch, whose orders have each their own.
    private var parameters: BackpackParameters {
        switch self {
        case .time, .status, .markets, .positions, .capital, .collateral, .account, .batch: [:]
        case .depth(let symbol, let limit): ["symbol": .text(symbol), "limit": .integer(Int64(limit))]
        case .place(let order): order.parameters
        case .cancel(let symbol, let name), .order(let symbol, let name): Self.named(symbol, name)
        case .cancelAll(let symbol): ["symbol": .text(symbol)]
        case .openOrders(let symbol): Self.page(symbol)
        case .fills(let symbol, let from, let limit, let offset): Self.page(symbol, from: from, limit, offset)
        case .orderHistory(let symbol, let id):
            id.map { ["symbol": .text(symbol), "orderId": .text(String($0))] } ?? Self.page(symbol, 1_000, 0)
        case .fundingPayments(let symbol, let limit, let offset): Self.page(symbol, limit, offset)
        case .deposits(let limit, let offset), .withdrawals(let limit, let offset): Self.page(nil, limit, offset)
        case .setLeverage(let leverage): ["leverageLimit": .text(String(leverage))]
        }
    }

    private static func named(_ symbol: String, _ name: Name) -> BackpackParameters {
        switch name {
        case .client(let id): ["clientId": .integer(Int64(id)), "symbol": .text(symbol)]
        case .venue(let id): ["orderId": .text(String(id)), "symbol": .text(symbol)]
        }
    }

    private static func page(_ symbol: String?, from: Int64? = nil, _ limit: Int? = nil, _ offset: Int? = nil) -> BackpackParameters {
        var page: BackpackParameters = [:]
        if let from { page["from"] = .integer(from) }
        if let limit { page["limit"] = .integer(Int64(limit)) }
        if let offset { page["offset"] = .integer(Int64(offset)) }
        if let symbol { page["symbol"] = .text(symbol) }
        return page
    }

    /// The request of a public endpoint.
    ///
    /// - Precondition: The endpoint is not signed.
    package var unsigned: HTTPRequest {
        precondition(endpoint.instruction == nil, "\(endpoint.path) has to be signed")
        return HTTPRequest(method, target(parameters))
    }

    /// The request with its signature.
    ///
    /// - Precondition: The endpoint is signed, and a batch holds 1 to `largestBatch` orders.
    package func signed(_ key: borrowing Ed25519SecretKey, valid window: BackpackWindow) -> HTTPRequest {
        let text: BackpackSigningString
        var (target, body) = (endpoint.path, [UInt8]())
        if case .batch(let orders) = self {
            precondition((1...Self.largestBatch).contains(orders.count), "a batch holds 1 to \(Self.largestBatch) orders")
            let all = orders.map(\.parameters)
            text = .batch(all, valid: window)
            body = Self.json(all)
        } else {
            guard let instruction = endpoint.instruction else { preconditionFailure("\(endpoint.path) is public") }
            let parameters = parameters
            text = BackpackSigningString(instruction, parameters, valid: window)
            if endpoint.method == .get { target = self.target(parameters) } else { Self.write(parameters, into: &body) }
        }
        var headers = key.headers(for: text, valid: window).map { HTTPRequest.Header($0.name, $0.value) }
        if !body.isEmpty { headers.append(HTTPRequest.Header("Content-Type", "application/json; charset=utf-8")) }
        return HTTPRequest(method, target, headers: headers, body: body)
    }

    private var method: HTTPRequest.Method {
        switch endpoint.method {
        case .get: .get
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        }
    }

    private func target(_ parameters: BackpackParameters) -> String {
        guard !parameters.isEmpty else { return endpoint.path }
        let query = parameters.sorted.map { "\($0.name)=\(Self.escaped($0.value.plain))" }.joined(separator: "&")
        return "\(endpoint.path)?\(query)"
    }

    private static func json(_ objects: [BackpackParameters]) -> [UInt8] {
        var text = [UInt8(ascii: "[")]
        for (place, parameters) in objects.enumerated() {
            if place > 0 { text.append(UInt8(ascii: ",")) }
            write(parameters, into: &text)
        }
        text.append(UInt8(ascii: "]"))
        return text
    }

    /// As a JSON object.
    private static func write(_ parameters: BackpackParameters, into text: inout [UInt8]) {
        text.reserveCapacity(text.count + 256)
        text.append(UInt8(ascii: "{"))
        for (place, parameter) in parameters.sorted.enumerated() {
            text.append(contentsOf: place == 0 ? "\"".utf8 : ",\"".utf8)
            text.append(contentsOf: parameter.name.utf8)
            text.append(contentsOf: "\":".utf8)
            if case .text(let value) = parameter.value {
                text.append(contentsOf: JSONString.quoted(value).utf8)
            } else {
                text.append(contentsOf: parameter.value.plain.utf8)
            }
        }
        text.append(UInt8(ascii: "}"))
    }

    /// Percent-encoded for a query; what is signed is the text before.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
