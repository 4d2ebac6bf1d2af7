import Live
import Market
import NIOCore
import NIOPosix
import Network
import Venues

/// A venue of this machine: it tells a changed touch when it is asked to, takes every order, and cancels it at once.
///
/// Its state belongs to its event loop.
final class DepthVenue: LoopbackListenerDelegate, @unchecked Sendable {
    private let clock = WallClock()
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private var listener: LoopbackListener?
    private var market: SocketID?
    private var account: SocketID?
    private var number = 1_000_000

    /// - Returns: The port.
    func run(_ identity: TLSIdentity) throws -> Int {
        let loop = group.next()
        return try loop.flatSubmit {
            var configuration = LoopbackListener.Configuration()
            configuration.identity = identity
            do {
                let listener = try LoopbackListener(configuration, on: loop, delegate: self)
                self.listener = listener
                return listener.start()
            } catch { return loop.makeFailedFuture(error) }
        }.wait()
    }

    func stop() throws {
        try group.next().submit {
            self.listener?.stop()
            self.listener = nil
        }.wait()
        try group.syncShutdownGracefully()
    }

    /// Changes the touch, by a frame of four levels; called from any thread.
    func move() { group.next().execute { self.tell() } }

    private func tell() {
        guard let market else { return }
        number += 1
        let time = clock.now.nanoseconds / 1_000
        let size = "\(10 + number % 80).5\(1 + number % 9)"
        listener?.send(
            market,
            text: """
                {"data":{"E":\(time),"T":\(time),"U":\(number),"a":[["98.97","\(size)"],["98.99","22.39"]],\
                "b":[["98.95","\(size)"],["98.90","2.98"]],"e":"depth","s":"SOL_USDC_PERP","u":\(number)},\
                "stream":"depth.SOL_USDC_PERP"}
                """)
    }

    func opened(_ socket: SocketID) {}
    func closed(_ socket: SocketID, reason: String) {}

    func received(_ message: Span<UInt8>, from socket: SocketID) {
        let text = String(decoding: message.indices.map { message[$0] }, as: UTF8.self)
        if text.contains("account.orderUpdate") { account = socket } else { market = socket }
    }

    func received(_ request: HTTPRequest, _ id: RequestID) {
        switch (request.method, request.target.prefix { $0 != "?" }) {
        case (.post, "/api/v1/order"): take(request, id)
        case (.get, "/api/v1/time"): answer(id, "\(clock.now.nanoseconds / 1_000_000)")
        case (.get, "/api/v1/depth"):
            let time = clock.now.nanoseconds / 1_000
            answer(id, #"{"asks":[["98.97","1"]],"bids":[["98.95","1"]],"lastUpdateId":"\#(number)","timestamp":\#(time)}"#)
        default: answer(id, "[]")
        }
    }

    private func take(_ request: HTTPRequest, _ id: RequestID) {
        let digits = request.body.drop { !(0x30...0x39).contains($0) }.prefix { (0x30...0x39).contains($0) }
        let client = String(decoding: digits, as: UTF8.self)
        answer(
            id,
            """
            {"clientId":\(client),"createdAt":1700000000000,"executedQuantity":"0","executedQuoteQuantity":"0","id":"\(client)",\
            "orderType":"Limit","postOnly":true,"price":"98.95","quantity":"0.12","reduceOnly":null,"relatedOrderId":null,\
            "selfTradePrevention":"RejectTaker","side":"Bid","status":"New","symbol":"SOL_USDC_PERP","timeInForce":"GTC"}
            """)
        guard let account else { return }
        let time = clock.now.nanoseconds / 1_000
        listener?.send(
            account,
            text: """
                {"data":{"E":\(time),"O":"USER","S":"Bid","T":\(time),"X":"Cancelled","c":\(client),"e":"orderCancelled","f":"GTC",\
                "i":"\(client)","o":"LIMIT","p":"98.95","q":"0.12","s":"SOL_USDC_PERP","z":"0"},"stream":"account.orderUpdate"}
                """)
    }

    private func answer(_ id: RequestID, _ text: String) {
        listener?.answer(id, status: 200, headers: [.init("Content-Type", "application/json")], body: Array(text.utf8))
    }
}
