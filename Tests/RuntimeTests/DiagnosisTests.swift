import Market
import Simulation
import Testing
import Trading
import VenueServers
@testable import Venues

@testable import Runtime

/// An account is diagnosed at a venue that works, and at one that does not; nothing is ever left behind.
@Suite struct DiagnosisTests {
    private static let life = [
        "connected", "book", "order, by private stream", "order acknowledged", "order, by query", "order, by open orders",
        "cancelled, by private stream", "cancelled, by query", "cancelled, by open orders",
    ]

    private static func isOrder(_ request: HTTPRequest, _ method: HTTPRequest.Method) -> Bool {
        request.method == method && request.target == "/api/v1/order"
    }

    private static func isQuery(_ request: HTTPRequest) -> Bool { request.target.hasPrefix("/api/v1/order?") }

    /// Nothing rests and nothing is held at the venue.
    private static func leavesNothing(_ world: DiagnosisWorld) -> Bool {
        let venue = world.server.venue
        return venue.restingOrderCount == 0 && venue.position(DiagnosisWorld.account, DiagnosisWorld.instrument).isZero
    }

    @Test func `a small order is seen in every way, and seen to be gone in every way`() throws {
        let world = try DiagnosisWorld()
        world.run()
        #expect(world.story == Self.life)
        #expect(world.text("order acknowledged") == "client id 501")
        #expect(world.text("order, by open orders") == "1 of ours is open, client id 501 is one")
        #expect(world.text("cancelled, by open orders") == "0 of ours are open, client id 501 is none")
        let placed = try #require(world.requests.first { Self.isOrder($0, .post) })
        let body = String(decoding: placed.body, as: UTF8.self)
        // 2 % below 99.0x, the smallest size, and never a taker.
        #expect(body.contains(#""price":"97.0"#) && body.contains(#""quantity":"0.01""#) && body.contains(#""postOnly":true"#), "\(body)")
        #expect(world.requests.count { Self.isOrder($0, .post) } == 1 && world.requests.count { Self.isOrder($0, .delete) } == 1)
        #expect(Self.leavesNothing(world))
    }

    @Test func `a trade follows the touch, is closed reduce-only, and costs what it may`() throws {
        let world = try DiagnosisWorld { $0.budget = 1_000_000_000 }
        world.run()
        #expect(world.story == Self.life + ["budget", "bought", "closed", "spent"])
        #expect(try #require(world.text("bought")).contains("as maker"))
        #expect(try #require(world.text("closed")).contains("as taker"))
        let last = try #require(world.requests.last { Self.isOrder($0, .post) })
        let body = String(decoding: last.body, as: UTF8.self)
        #expect(
            body.contains(#""reduceOnly":true"#) && body.contains(#""side":"Ask""#) && body.contains(#""timeInForce":"IOC""#), "\(body)")
        #expect(Self.leavesNothing(world))
    }

    @Test func `a trade that may cost more than its budget is not made`() throws {
        let world = try DiagnosisWorld { $0.budget = 1_000 }
        world.run()
        #expect(world.story == Self.life + ["-budget"])
        #expect(world.requests.count { Self.isOrder($0, .post) } == 1)
    }

    @Test func `an order whose answer is lost is found, and cancelled`() throws {
        let world = try DiagnosisWorld()
        world.fate = { Self.isOrder($0, .post) ? .answerLost : .delivered }
        world.run()
        #expect(
            world.story == [
                "connected", "book", "order, by private stream", "-order acknowledged", "order, by query", "order, by open orders",
                "cancelled, by private stream", "cancelled, by query", "cancelled, by open orders",
            ])
        #expect(Self.leavesNothing(world))
    }

    @Test func `an order that never came is told as such, and nothing is left`() throws {
        let world = try DiagnosisWorld()
        world.fate = { Self.isOrder($0, .post) ? .lost : .delivered }
        world.run()
        #expect(
            world.story == [
                "connected", "book", "-order acknowledged", "-order, by private stream", "-order, by query", "-order, by open orders",
                "-cancelled, by private stream", "cancelled, by query", "cancelled, by open orders",
            ])
        #expect(Self.leavesNothing(world))
    }

    @Test func `a private stream that tells nothing fails its checks; what rests is found to be gone all the same`() throws {
        let world = try DiagnosisWorld()
        world.isPrivateSilent = true
        world.run()
        #expect(
            world.story == [
                "connected", "book", "order acknowledged", "-order, by private stream", "order, by query", "order, by open orders",
                "-cancelled, by private stream", "cancelled, by query", "cancelled, by open orders",
            ])
        #expect(Self.leavesNothing(world))
    }

    @Test func `a cancel that is lost is sent again, and what is left is named where that fails too`() throws {
        let world = try DiagnosisWorld()
        var cancels = 0
        world.fate = { request in
            guard Self.isOrder(request, .delete) else { return .delivered }
            cancels += 1
            return cancels == 1 ? .lost : .delivered
        }
        world.run()
        #expect(world.story.contains("-cancelled, by query") && world.story.contains("-cancelled, by private stream"))
        #expect(cancels == 2 && Self.leavesNothing(world))

        let other = try DiagnosisWorld()
        other.fate = { Self.isOrder($0, .delete) ? .lost : .delivered }
        other.run()
        #expect(other.story.last == "-left")
        #expect(other.text("left") == "client id 501 may still rest: look for it at the venue")
        #expect(!Self.leavesNothing(other))
    }

    @Test func `questions that have no answer fail, and the order is cancelled`() throws {
        let world = try DiagnosisWorld()
        world.fate = { request in request.method == .get && request.target.hasPrefix("/api/v1/order") ? .lost : .delivered }
        world.run()
        let failed = ["-order, by query", "-order, by open orders", "-cancelled, by query", "-cancelled, by open orders"]
        #expect(world.story.filter { $0.hasPrefix("-") } == failed)
        #expect(Self.leavesNothing(world))
    }

    @Test(arguments: ["connected", "order acknowledged", "order, by query", "cancelled, by private stream", "bought"])
    func `who ends it early leaves nothing`(after check: String) throws {
        let world = try DiagnosisWorld { $0.budget = 1_000_000_000 }
        world.meanwhile = { world in
            if world.diagnosis.checks.contains(where: { $0.name == check }) { world.diagnosis.abandon(at: world.now) }
        }
        world.run()
        #expect(world.diagnosis.isDone && !world.story.contains { $0.hasPrefix("-") }, "\(world.story)")
        #expect(Self.leavesNothing(world))
        // It was ended there, not later.
        #expect(!world.story.contains("spent") || check == "bought")
    }

    @Test func `where the private stream never opens nothing is placed`() throws {
        let world = try DiagnosisWorld { $0.connectTimeout = .seconds(1) }
        world.fate = { _ in .lost }
        world.run()
        #expect(world.story == ["-connected"])
        #expect(world.text("connected")?.hasPrefix("what did not come: ") == true)
        #expect(!world.requests.contains { $0.method != .get })
    }

    @Test func `an order rests well within what the venue takes`() {
        func market(_ lowest: Int64?) -> AccountFacts.Market {
            AccountFacts.Market(
                symbol: "X", instrument: nil, status: .trading, statusText: "Open",
                lowestPrice: lowest.map { Rate(basisPoints: $0) }, highestPrice: nil)
        }
        let two = Rate(basisPoints: 200)
        #expect(Diagnosis.distance(two, market(9_000)) == two)
        #expect(Diagnosis.distance(two, market(9_900)) == Rate(basisPoints: 50))
        #expect(Diagnosis.distance(two, market(nil)) == two)
        #expect(Diagnosis.distance(two, nil) == two)
    }
}
