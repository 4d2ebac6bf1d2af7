import Market
import Signing
import Trading
import Venues

/// A venue that says whatever it likes to a session.
enum SessionTarget {
    private static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    private static let instrument = Instrument(
        symbol: "SOL", venue: "backpack", venueSymbol: "SOL_USDC_PERP", kind: .linear, base: Currency("SOL")!, quote: Currency("USDC")!,
        tickSize: FinePrice(nanos: 10_000_000), lotSize: 10_000_000)

    /// Each line is what happens next, by its first letter: a frame of the public socket (`m`) or the private one (`a`), a request's
    /// answer with a status of two hundred (`2`) to five hundred (`5`), or none (`u`); a socket that is lost (`x`); an order (`o`), a
    /// question (`q`), or a second that passes.
    static func backpack(_ input: [UInt8]) {
        guard let key = try? Ed25519SecretKey([UInt8](repeating: 7, count: 32).span) else { preconditionFailure("no key of 32 bytes") }
        var configuration = BackpackSession.Configuration(
            venue: VenueID(0), instruments: [(InstrumentID(0), instrument)], accounts: [BackpackAccount(AccountID(0), key: key)])
        // Often enough for their answers to be among what comes.
        (configuration.auditEvery, configuration.transfersEvery) = (.seconds(3), .seconds(5))
        let session = BackpackSession(configuration)
        var now = start
        var requests: [RequestID] = []
        func settle() {
            while let action = session.nextAction() {
                switch action {
                case .open(let socket): session.opened(socket, at: now)
                case .request(let id, _, _): requests.append(id)
                case .close, .send, .ping: break
                }
            }
            while session.nextInput(now: .never) != nil {}
            _ = session.takeAlarms()
        }
        session.start(at: now)
        settle()
        var (order, query) = (UInt64(0), UInt64(0))
        for line in input.split(separator: 0x0A, maxSplits: 200) {
            let text = Array(line.dropFirst())
            switch line.first ?? 0 {
            case UInt8(ascii: "m"): session.receive(text.span, from: SocketID(0), at: now)
            case UInt8(ascii: "a"): session.receive(text.span, from: SocketID(1), at: now)
            case UInt8(ascii: "x"): session.closed(SocketID(Int(text.first ?? 0) % 2), at: now)
            case UInt8(ascii: "2")...UInt8(ascii: "5") where !requests.isEmpty:
                let status = Int((line.first ?? 0x35) - 0x30) * 100 + (text.first == 0x20 ? 4 : 0)
                session.answer(requests.removeFirst(), .answered(status: status, body: text), at: now)
            case UInt8(ascii: "u") where !requests.isEmpty: session.answer(requests.removeFirst(), .unknown(reason: "reset"), at: now)
            case UInt8(ascii: "o"):
                order += 1
                session.handle(
                    .submit(
                        OrderRequest(
                            account: AccountID(0), instrument: InstrumentID(0), order: OrderID(order), side: .buy, type: .limit,
                            timeInForce: .goodTillCancelled, price: Price(ticks: 2_000), quantity: Quantity(lots: 1))), now: now)
            case UInt8(ascii: "q"):
                query += 1
                let subjects: [QueryRequest.Subject] = [
                    .order(OrderID(1), InstrumentID(0)), .openOrders, .positions, .balances, .fills(after: 0), .payments(after: start),
                ]
                let subject = subjects[Int(text.first ?? 0) % subjects.count]
                session.handle(.query(QueryRequest(account: AccountID(0), query: query, subject: subject)), now: now)
            default:
                now = now + .seconds(1)
                session.advance(to: now)
            }
            settle()
        }
    }
}
