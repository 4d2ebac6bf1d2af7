import Foundation
import Market
import Simulation
import TestSupport
import Testing
import Trading
import Venues

@testable import VenueServers

/// A book put together from the frames by the venue's own recipe, in the plainest way.
private struct FrameBook {
    private var sides: [[String: Foundation.Decimal]] = [[:], [:]]
    private(set) var number: Int64 = 0
    private(set) var complaints: [String] = []

    init(_ snapshot: [String: Any]) {
        number = (snapshot["lastUpdateId"] as? String).flatMap { Int64($0) } ?? -1
        take(snapshot["bids"], 0)
        take(snapshot["asks"], 1)
    }

    private mutating func take(_ rows: Any?, _ side: Int) {
        for row in rows as? [[String]] ?? [] {
            let (price, size) = (Self.plain(row[0]), Foundation.Decimal(string: row[1]) ?? -1)
            sides[side][price] = size == 0 ? nil : size
        }
    }

    mutating func take(_ frame: [String: Any]) {
        guard let first = frame["U"] as? Int64, let last = frame["u"] as? Int64 else { return complaints.append("no numbers") }
        guard last > number else { return }
        if first > number + 1 { complaints.append("\(first) after \(number)") }
        number = last
        take(frame["b"], 0)
        take(frame["a"], 1)
    }

    private static func plain(_ text: String) -> String { "\(Foundation.Decimal(string: text) ?? -1)" }

    /// Levels by price, bids first, as a full book has them.
    var rows: [[String]] {
        sides.flatMap { side in
            side.map { (Foundation.Decimal(string: $0.key) ?? -1, $0.value) }.sorted { $0.0 < $1.0 }.map { ["\($0.0)", "\($0.1)"] }
        }
    }

    static func rows(_ snapshot: [String: Any]) -> [[String]] {
        ((snapshot["bids"] as? [[String]] ?? []) + (snapshot["asks"] as? [[String]] ?? [])).map { [plain($0[0]), plain($0[1])] }
    }
}

@Suite struct BookAgreementTests {
    /// Something of the feed or of a client, at random.
    private static func step(_ world: ServerWorld, _ random: inout SeededGenerator) throws {
        let ticks = random.uniform(in: 9_880...9_925)
        let lots = random.uniform(in: 0...900)
        switch random.uniform(in: 0...9) {
        case 0...3:
            let touch = world.server.venue.touch(ServerWorld.perp)
            let side: Side = ticks <= touch.bid || (ticks < touch.ask && lots.isMultiple(of: 2)) ? .buy : .sell
            world.levels([(side, ticks, lots), (side, side == .buy ? ticks - 3 : ticks + 3, random.uniform(in: 0...50))])
        case 4: world.trade(lots.isMultiple(of: 2) ? .buy : .sell, ticks, max(1, lots / 4))
        case 5:
            world.snapshot([(.buy, 9_895, 300), (.buy, 9_890 - lots % 7, 100), (.sell, 9_905, 200), (.sell, 9_910 + lots % 5, 70)])
        case 6, 7:
            let side: Side = lots.isMultiple(of: 2) ? .buy : .sell
            _ = try world.place(
                ServerWorld.limit(side, "\(Double(ticks) / 100)", "\(max(1, lots) / 10 + 1)"), account: Int(random.uniform(in: 0...1)))
        case 8:
            let amount = "\(max(1, lots / 20))"
            _ = try world.place(["symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market", "quantity": amount])
        default:
            let account = Int(random.uniform(in: 0...1))
            let open = world.server.orders.open(account)
            guard !open.isEmpty else { return }
            let order = open[Int(random.uniform(in: 0...Int64(open.count - 1)))]
            _ = try world.cancel(["symbol": "SOL_USDC_PERP", "orderId": String(order.number)], account: account)
        }
    }

    @Test(arguments: TestScale.seeds(12))
    func `full book and frames agree at every number, whatever clients do`(seed: UInt64) throws {
        let world = try ServerWorld(margin: false)
        world.open()
        try world.connect(ServerWorld.market, ["depth.SOL_USDC_PERP", "bookTicker.SOL_USDC_PERP", "depth.200ms.SOL_USDC_PERP"])
        var random = SeededGenerator(seed: seed)
        let start = world.get("/api/v1/depth?symbol=SOL_USDC_PERP").object
        var (book, merged) = (FrameBook(start), FrameBook(start))
        for step in 0..<150 {
            world.forget()
            try Self.step(world, &random)
            for frame in world.data("depth.SOL_USDC_PERP") { book.take(frame) }
            for frame in world.data("depth.200ms.SOL_USDC_PERP") { merged.take(frame) }
            let told = world.get("/api/v1/depth?symbol=SOL_USDC_PERP").object
            #expect(told["lastUpdateId"] as? String == String(book.number), "seed \(seed), step \(step)")
            #expect(FrameBook.rows(told) == book.rows, "seed \(seed), step \(step)")
            if let quote = world.data("bookTicker.SOL_USDC_PERP").last {
                // Of an emptied side nothing is told.
                guard let best = (told["bids"] as? [[String]])?.last?.first.flatMap({ Foundation.Decimal(string: $0) }) else { continue }
                #expect((quote["b"] as? String).flatMap { Foundation.Decimal(string: $0) } == best, "seed \(seed), step \(step)")
            }
        }
        world.forget()
        world.advance(by: .seconds(1))
        for frame in world.data("depth.200ms.SOL_USDC_PERP") { merged.take(frame) }
        #expect(merged.rows == book.rows && merged.number == book.number)
        #expect(book.complaints == [] && merged.complaints == [])
    }

    @Test func `without clients' orders the numbers are the tape's; an order's go between`() throws {
        let world = try ServerWorld()
        world.open()
        try world.connect(ServerWorld.market, ["depth.SOL_USDC_PERP"])
        let start = try #require(Int64(world.get("/api/v1/depth?symbol=SOL_USDC_PERP").object["lastUpdateId"] as? String ?? ""))
        #expect(start == 4_330_360_995)
        // The other market's frame took one of the tape's numbers between.
        world.levels([(.buy, 9_901, 100)])
        #expect(world.data("depth.SOL_USDC_PERP").map { $0["u"] as? Int64 } == [start + 2])
        _ = try world.place(ServerWorld.limit(.buy, "99.01", "1"))
        world.levels([(.buy, 9_901, 200)])
        let numbers = world.data("depth.SOL_USDC_PERP").map { [$0["U"] as? Int64, $0["u"] as? Int64] }
        #expect(numbers == [[start + 1, start + 2], [start + 3, start + 3], [start + 4, start + 4]])
        #expect(world.heard("depth.SOL_USDC_PERP").last?.contains(#"["99.01","3.00"]"#) == true)
    }

    @Test func `where it is to begin to count anew, the stream and the full book do`() throws {
        let reset = try ServerWorld().now + .seconds(10)
        let world = try ServerWorld { $0.renumbersAt = [reset] }
        world.open()
        try world.connect(ServerWorld.market, ["depth.SOL_USDC_PERP", "depth.200ms.SOL_USDC_PERP"])
        world.levels([(.buy, 9_901, 100)])
        let before = try #require(world.data("depth.SOL_USDC_PERP").last?["u"] as? Int64)
        #expect(before > 1_000)
        world.advance(by: .seconds(11))
        world.forget()
        var book = FrameBook(world.get("/api/v1/depth?symbol=SOL_USDC_PERP").object)
        #expect(book.number == 1)
        for lots in 1...3 as ClosedRange<Int64> { world.levels([(.buy, 9_901, lots * 100)]) }
        for frame in world.data("depth.SOL_USDC_PERP") { book.take(frame) }
        let told = world.get("/api/v1/depth?symbol=SOL_USDC_PERP").object
        #expect(told["lastUpdateId"] as? String == String(book.number) && book.number < 100)
        #expect(FrameBook.rows(told) == book.rows && book.complaints == [])
    }

    @Test func `a gap in the tape is no gap for clients`() throws {
        let world = try ServerWorld()
        world.open()
        try world.connect(ServerWorld.market, ["depth.SOL_USDC_PERP"])
        var book = FrameBook(world.get("/api/v1/depth?symbol=SOL_USDC_PERP").object)
        _ = try world.place(ServerWorld.limit(.buy, "98.00", "1"))
        world.record(.gap, .buy, GapCause.recording.rawValue, 0)
        #expect(try world.place(ServerWorld.limit(.buy, "98.00", "1")).status == 503)
        world.snapshot([(.buy, 9_890, 10), (.sell, 9_902, 400), (.sell, 9_920, 1)])
        for frame in world.data("depth.SOL_USDC_PERP") { book.take(frame) }
        #expect(book.rows == [["98", "1"], ["98.9", "0.1"], ["99.02", "4"], ["99.2", "0.01"]] && book.complaints == [])
        // What did not change is not told again.
        #expect(world.heard("depth.SOL_USDC_PERP").last?.contains("99.02") == false)
    }
}
