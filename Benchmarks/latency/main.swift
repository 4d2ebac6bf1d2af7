import Foundation
import Network

/// Measures orders from the bytes of a venue's frame to the bytes of the request, on this machine and with TLS: client, session, core
/// and strategy are those of a live run.
///
///     latencybench CERTIFICATE KEY ORDERS      PEM files; the first tenth of as many orders more is not counted
func main() -> Int32 {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let count = Int(arguments[3]), count >= 1_000 else {
        FileHandle.standardError.write(Data("usage: latencybench CERTIFICATE KEY ORDERS      ORDERS: 1000 or more\n".utf8))
        return 2
    }
    do {
        let venue = DepthVenue()
        let port = try venue.run(TLSIdentity(certificate: arguments[1], key: arguments[2]))
        let trader = try Trader(venue, count: count + count / 10)
        let began = Clocks.wall
        try trader.run(port: port, trust: TLSTrust(authorities: arguments[1]))
        let seconds = Double(Clocks.wall - began) / 1e9
        try venue.stop()
        print(
            String(
                format: "%d orders over TLS on loopback, one after the other: %.0f a second; a stamp of both clocks takes %.2f us", count,
                Double(count + count / 10) / seconds, stampMicroseconds()))
        Figures(
            orders: trader.stamps.orders.suffix(count), signatures: Array(trader.signatures),
            countsAllocations: trader.stamps.countsAllocations
        ).print()
        return 0
    } catch {
        FileHandle.standardError.write(Data("error: \(error)\n".utf8))
        return 1
    }
}

/// What each border adds to the stage before it.
func stampMicroseconds() -> Double {
    let (rounds, began) = (10_000, Clocks.wall)
    var sum: Int64 = 0
    for _ in 0..<rounds { sum &+= Clocks.thread &+ Clocks.wall }
    return sum == 0 ? 0 : Double(Clocks.wall - began) / Double(rounds) / 1_000
}

exit(main())
