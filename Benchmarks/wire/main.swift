import Foundation
import Market
import Signing
import Trading
import Venues

/// CPU seconds of this thread.
func cpuSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func say(_ what: String, _ count: Int, _ seconds: Double) {
    print(String(format: "%@: %.0f a second, %.0f ns each", what, Double(count) / seconds, seconds / Double(count) * 1e9))
}

let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
let instrument = Instrument(
    symbol: "SOL", venue: "backpack", venueSymbol: "SOL_USDC_PERP", kind: .linear, base: Currency("SOL")!, quote: Currency("USDC")!,
    tickSize: FinePrice(nanos: 10_000_000), lotSize: 10_000_000)

func session() throws -> BackpackSession {
    let key = try Ed25519SecretKey([UInt8](repeating: 7, count: 32).span)
    var configuration = BackpackSession.Configuration(
        venue: VenueID(0), instruments: [(InstrumentID(0), instrument)], accounts: [BackpackAccount(AccountID(0), key: key)])
    configuration.requestsPerMinute = 10_000_000
    return BackpackSession(configuration)
}

/// Depth frames of four levels, numbered one after the other, each as long as the first.
func frames(_ count: Int) -> [[UInt8]] {
    (0..<count).map { number in
        let (size, last) = (String(format: "%.2f", Double(number % 90 + 10)), 1_000_001 + number)
        return Array(
            """
            {"data":{"E":1788367430247494,"T":1788367430246081,"U":\(last),"a":[["98.97","\(size)"],["98.99","22.39"]],\
            "b":[["98.95","\(size)"],["98.90","2.98"]],"e":"depth","s":"SOL_USDC_PERP","u":\(last)},"stream":"depth.SOL_USDC_PERP"}
            """.utf8)
    }
}

func measureFrames(_ count: Int) throws {
    let session = try session()
    session.start(at: start)
    var depth: RequestID?
    while let action = session.nextAction() {
        switch action {
        case .open(let socket): session.opened(socket, at: start)
        case .request(let id, let request, _) where request.target.hasPrefix("/api/v1/depth"): depth = id
        case .close, .send, .ping, .request: break
        }
    }
    guard let depth else { preconditionFailure("no book was asked for") }
    let book = #"{"asks":[["98.97","1"]],"bids":[["98.95","1"]],"lastUpdateId":"1000000","timestamp":1700000000000000}"#
    session.answer(depth, .answered(status: 200, body: Array(book.utf8)), at: start)
    while session.nextInput(now: .never) != nil {}
    // Made before, so that making them is not measured; used again with numbers that go on.
    var kept = frames(1_000)
    let length = kept[0].count
    let place = kept[0].firstIndex(of: UInt8(ascii: "U"))! + 3
    let lastPlace = kept[0].indices.last { kept[0][$0] == UInt8(ascii: "u") && kept[0][$0 + 1] == UInt8(ascii: "\"") }! + 3
    var (events, number) = (0, 1_000_001)
    var copied = [UInt8](repeating: 0, count: length)
    var seconds = 0.0
    var round = 0
    while round * kept.count < count {
        let began = cpuSeconds()
        for frame in kept {
            session.receive(frame.span, from: SocketID(0), at: start)
            while let input = session.nextInput(now: .never) { if case .market = input { events += 1 } }
        }
        seconds += cpuSeconds() - began
        round += 1
        number += kept.count
        for index in kept.indices {
            var rest = number + index
            for digit in (0..<7).reversed() {
                let byte = UInt8(rest % 10) + 0x30
                kept[index][place + digit] = byte
                kept[index][lastPlace + digit] = byte
                rest /= 10
            }
        }
    }
    let done = round * kept.count
    precondition(events == done * 4, "\(events) records came of \(done) frames")
    say("depth frames of 4 levels, \(length) bytes", done, seconds)
    let began = cpuSeconds()
    for index in 0..<done { copied.replaceSubrange(0..<length, with: kept[index % kept.count]) }
    let copying = cpuSeconds() - began
    let rate = Double(done * length) / seconds / 1e6
    print(String(format: "  %.0f MB a second, %.1f times as long as copying them", rate, seconds / copying))
}

func measureOrders(_ count: Int) throws {
    let session = try session()
    session.start(at: start)
    while session.nextAction() != nil {}
    var seconds: [Double] = []
    for number in 1...count {
        let began = cpuSeconds()
        session.handle(
            .submit(
                OrderRequest(
                    account: AccountID(0), instrument: InstrumentID(0), order: OrderID(UInt64(number)), side: .buy, type: .limit,
                    timeInForce: .goodTillCancelled, price: Price(ticks: 9_896), quantity: Quantity(lots: 12), postOnly: true)), now: start)
        while session.nextAction() != nil {}
        seconds.append(cpuSeconds() - began)
    }
    seconds.sort()
    let key = try Ed25519SecretKey([UInt8](repeating: 7, count: 32).span)
    let text = [UInt8](repeating: 0x61, count: 200)
    let began = cpuSeconds()
    for _ in 0..<count { _ = key.sign(text) }
    let signing = (cpuSeconds() - began) / Double(count)
    print(
        String(
            format: "orders encoded and signed: p50 %.1f us, p99 %.1f us of a thread's time; the ED25519 signature alone %.1f us",
            seconds[count / 2] * 1e6, seconds[count / 100 * 99] * 1e6, signing * 1e6))
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let count = Int(arguments[2]), count >= 1_000, ["frames", "orders"].contains(arguments[1]) else {
    FileHandle.standardError.write(Data("usage: wirebench frames|orders COUNT      COUNT: 1000 or more\n".utf8))
    exit(2)
}
if arguments[1] == "frames" { try measureFrames(count) } else { try measureOrders(count) }
