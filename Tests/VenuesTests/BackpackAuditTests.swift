import Market
import Testing

@testable import Venues

/// Books compared with the venue's own, which is asked every 30 s.
@Suite struct BackpackAuditTests {
    private static let asked = #"{"asks":[["20.1","2"]],"bids":[["20","1"]],"lastUpdateId":"100","timestamp":1700000000000000}"#

    /// With the question on its way.
    private func world() throws -> BackpackWorld {
        let world = try BackpackWorld {
            $0.auditEvery = .seconds(30)
            $0.stallAfter = .minutes(10)
            $0.silentAfter = .minutes(10)
            $0.privateSilentAfter = .minutes(10)
        }
        world.open()
        world.advance(by: .seconds(30))
        #expect(depthQuestions(world) == 1)
        return world
    }

    private func depthQuestions(_ world: BackpackWorld) -> Int { world.targets.count { $0.hasPrefix("/api/v1/depth") } }

    private func book(_ number: Int64, bids: String, asks: String) -> String {
        #"{"asks":[\#(asks)],"bids":[\#(bids)],"lastUpdateId":"\#(number)","timestamp":1700000000000000}"#
    }

    /// That nothing was said, and the book is as good as before: the next frame is told.
    private func expectTrust(_ world: BackpackWorld, next: Int64) {
        #expect(world.alarms == [])
        #expect(!world.market.contains { $0.kind == .gap })
        let before = world.market.count
        world.depth(next, next, bids: #"["19.5","1"]"#)
        #expect(world.market.count == before + 1)
        #expect(depthQuestions(world) == 0)
    }

    @Test func `a book that agrees is left alone, and asked for again after its time`() throws {
        let world = try world()
        world.answer("/api/v1/depth", Self.asked)
        expectTrust(world, next: 101)
        world.advance(by: .seconds(29))
        #expect(depthQuestions(world) == 0)
        world.advance(by: .seconds(1))
        #expect(depthQuestions(world) == 1)
    }

    @Test func `a level that differs is an alarm, a gap, and a new book`() throws {
        let world = try world()
        world.answer("/api/v1/depth", book(100, bids: #"["20","1"]"#, asks: #"["20.1","3"]"#))
        #expect(world.alarms == [SessionAlarm(.bookDiffers, "SOL_USDC_PERP at 100: ask 20.1 has 2, at the venue 3")])
        #expect(world.market.map(\.kind) == [.gap])
        #expect(world.market.first?.price == GapCause.sequence.rawValue)
        #expect(depthQuestions(world) == 1)
        world.answer("/api/v1/depth", book(100, bids: #"["20","1"]"#, asks: #"["20.1","3"]"#))
        #expect(world.market.dropFirst().map(\.quantity) == [300, 100])
        expectNoGapAfter(world)
    }

    private func expectNoGapAfter(_ world: BackpackWorld) {
        world.depth(101, 101, bids: #"["20","4"]"#)
        #expect(world.market.last?.quantity == 400)
    }

    @Test func `a level that only one of them has differs, and the best is named`() throws {
        let world = try world()
        world.answer("/api/v1/depth", book(100, bids: #"["20.05","1"],["19","5"]"#, asks: #"["20.1","2"]"#))
        #expect(
            world.alarms == [SessionAlarm(.bookDiffers, "SOL_USDC_PERP at 100: bid 20.05 has 0, at the venue 1, and 2 more differ")])
    }

    @Test func `changes since the question count as far as the answer's number`() throws {
        let world = try world()
        world.depth(101, 102, bids: #"["20","7"]"#)
        world.depth(103, 103, asks: #"["20.1","0"],["20.2","4"]"#)
        world.answer("/api/v1/depth", book(102, bids: #"["20","7"]"#, asks: #"["20.1","2"]"#))
        expectTrust(world, next: 104)
    }

    @Test func `a difference is found behind changes, too`() throws {
        let world = try world()
        world.depth(101, 102, bids: #"["20","7"]"#)
        world.depth(103, 103, asks: #"["20.1","0"],["20.2","4"]"#)
        world.answer("/api/v1/depth", book(102, bids: #"["20","8"]"#, asks: #"["20.1","2"]"#))
        #expect(world.alarms == [SessionAlarm(.bookDiffers, "SOL_USDC_PERP at 102: bid 20 has 7, at the venue 8")])
    }

    @Test func `an answer from a cache, older than the question, says nothing`() throws {
        let world = try world()
        world.answer("/api/v1/depth", book(99, bids: #"["20","9"]"#, asks: #"["20.1","9"]"#))
        expectTrust(world, next: 101)
    }

    @Test(arguments: [(4, true), (5, false)])
    func `an answer ahead of the stream waits for it`(size: Int, agrees: Bool) throws {
        let world = try world()
        world.answer("/api/v1/depth", book(103, bids: #"["20","\#(size)"]"#, asks: #"["20.1","2"]"#))
        #expect(world.alarms == [])
        world.depth(101, 102, bids: #"["20","3"]"#)
        #expect(world.alarms == [])
        world.depth(103, 103, bids: #"["20","4"]"#)
        #expect(world.alarms.map(\.kind) == (agrees ? [] : [.bookDiffers]))
        #expect(depthQuestions(world) == (agrees ? 0 : 1))
    }

    @Test func `an answer within a frame can't be compared`() throws {
        let world = try world()
        world.answer("/api/v1/depth", book(102, bids: #"["20","9"]"#, asks: #"["20.1","9"]"#))
        world.depth(101, 103, bids: #"["20","3"]"#)
        expectTrust(world, next: 104)
        let other = try self.world()
        other.depth(101, 103, bids: #"["20","3"]"#)
        other.answer("/api/v1/depth", book(102, bids: #"["20","9"]"#, asks: #"["20.1","9"]"#))
        expectTrust(other, next: 104)
    }

    @Test func `an answer that comes after the book was lost says nothing of the new one`() throws {
        let world = try world()
        world.depth(105, 105, bids: #"["20","3"]"#)
        #expect(world.market.map(\.kind) == [.gap])
        world.answer("/api/v1/depth", book(100, bids: #"["20","9"]"#, asks: #"["20.1","9"]"#))
        #expect(world.alarms == [])
    }

    @Test func `what is deeper than a full book reaches is not compared`() {
        var audit = BookAudit(depth: 2)
        func level(_ side: Side, _ price: Int64, _ size: Int64) -> BackpackLevel {
            BackpackLevel(side: side, price: price, size: size, offset: 0)
        }
        audit.reset([level(.buy, 10, 1), level(.buy, 9, 1), level(.sell, 11, 1)], number: 1)
        #expect(audit.apply([level(.buy, 10, 0)], number: 2) == .undecided)
        audit.ask()
        // 8 was there all the time, too deep to be told.
        #expect(audit.answer([level(.buy, 9, 1), level(.buy, 8, 5), level(.sell, 11, 1)], number: 2) == .agrees)
        audit.ask()
        #expect(
            audit.answer([level(.buy, 9, 1), level(.buy, 8, 5), level(.sell, 11, 1), level(.sell, 12, 1)], number: 2)
                == .differs(levels: 1, first: .init(side: .sell, price: 12, ours: 0, theirs: 1, number: 2)))
    }
}
