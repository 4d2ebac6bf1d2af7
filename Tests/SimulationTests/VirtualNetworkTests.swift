import Market
import Testing
import Venues

@testable import Simulation

/// A network whose ends are the test: 10 ms up, 20 ms down, 5 ms for public data.
private final class NetworkWorld {
    static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    let network: VirtualNetwork
    private(set) var now = NetworkWorld.start
    /// What reached either end, with milliseconds since the start.
    private(set) var log: [String] = []
    /// What the server knows a request by, by the number that its body has: a number that is used again is another request to the server.
    private var tickets: [UInt64: RequestID] = [:]

    init(_ faults: [(WireFault.Kind, from: Int64, until: Int64)] = [], _ change: (inout VirtualNetwork.Configuration) -> Void = { _ in }) {
        var configuration = VirtualNetwork.Configuration(
            entry: .constant(.milliseconds(10)), response: .constant(.milliseconds(20)), publicData: .constant(.milliseconds(5)), lanes: 2)
        configuration.faults = faults.map { kind, from, until in
            WireFault(kind, from: Self.start + .milliseconds(from), until: Self.start + .milliseconds(until))
        }
        change(&configuration)
        network = VirtualNetwork(configuration)
    }

    func open(_ socket: Int) { network.perform(.open(SocketID(socket)), at: now) }
    func close(_ socket: Int) { network.perform(.close(SocketID(socket)), at: now) }
    func send(_ socket: Int, _ text: String) { network.perform(.send(SocketID(socket), text: text), at: now) }
    func serve(_ socket: Int, _ text: String) { network.send(Array(text.utf8), by: SocketID(socket), at: now) }
    func ask(_ id: UInt64, lane: Int = 0, _ target: String = "/x", method: HTTPRequest.Method = .post) {
        network.perform(.request(RequestID(id), HTTPRequest(method, target, body: Array("\(id)".utf8)), lane: lane), at: now)
    }
    /// Of a request that never reached the server nothing is answered.
    func answer(_ id: UInt64, _ text: String = "ok") {
        if let ticket = tickets[id] { network.answer(ticket, status: 200, body: Array(text.utf8), at: now) }
    }

    /// Lets time pass, and notes what happens.
    func pass(until milliseconds: Int64) {
        let end = Self.start + .milliseconds(milliseconds)
        while case let next = min(network.nextArrival, network.nextDelivery), next <= end {
            now = max(now, next)
            let time = (now - Self.start).count / 1_000_000
            while let arrival = network.takeArrival(now) { log.append("\(time) server \(text(arrival))") }
            while let delivery = network.takeDelivery(now) { log.append("\(time) client \(text(delivery))") }
        }
        now = end
    }

    func take() -> [String] {
        defer { log = [] }
        return log
    }

    private func text(_ arrival: VirtualNetwork.Arrival) -> String {
        switch arrival {
        case .opened(let socket): "opened \(socket.rawValue)"
        case .closed(let socket): "closed \(socket.rawValue)"
        case .heard(let socket): "heard \(socket.rawValue)"
        case .frame(let socket, let bytes): "frame \(socket.rawValue) \(String(decoding: bytes, as: UTF8.self))"
        case .request(let ticket, let request): note(ticket, request)
        }
    }

    private func note(_ ticket: RequestID, _ request: HTTPRequest) -> String {
        let text = String(decoding: request.body, as: UTF8.self)
        if let id = UInt64(text) { tickets[id] = ticket }
        return "request \(text)"
    }

    private func text(_ delivery: VirtualNetwork.Delivery) -> String {
        switch delivery {
        case .opened(let socket): "opened \(socket.rawValue)"
        case .closed(let socket): "closed \(socket.rawValue)"
        case .heard(let socket): "heard \(socket.rawValue)"
        case .frame(let socket, let bytes): "frame \(socket.rawValue) \(String(decoding: bytes, as: UTF8.self))"
        case .answered(let id, .answered(let status, let body)):
            "answer \(id.rawValue) \(status) \(String(decoding: body.prefix(6), as: UTF8.self))"
        case .answered(let id, .notSent): "answer \(id.rawValue) not sent"
        case .answered(let id, .unknown): "answer \(id.rawValue) unknown"
        }
    }
}

@Suite struct VirtualNetworkTests {
    /// Sockets 0 (public) and 1 open; what it took is not noted.
    private func opened(_ faults: [(WireFault.Kind, from: Int64, until: Int64)] = []) -> NetworkWorld {
        let world = NetworkWorld(faults)
        world.open(0)
        world.open(1)
        world.pass(until: 200)
        _ = world.take()
        return world
    }

    @Test func `a socket opens after three ways, carries both ways in order, answers pings and closes`() {
        let world = NetworkWorld()
        world.open(1)
        world.pass(until: 100)
        #expect(world.take() == ["70 server opened 1", "90 client opened 1"])
        world.send(1, "a")
        world.send(1, "b")
        world.serve(1, "c")
        world.network.ping(SocketID(1), at: world.now)
        world.pass(until: 200)
        #expect(
            world.take() == [
                "110 server frame 1 a", "110 server frame 1 b", "120 client frame 1 c", "120 client heard 1", "130 server heard 1",
            ])
        world.close(1)
        world.serve(1, "late")
        world.pass(until: 300)
        #expect(world.take() == ["210 server closed 1"])
        // The next connection of the socket is another one for the server.
        world.open(1)
        world.pass(until: 400)
        world.network.close(serverSocket: SocketID(2), at: world.now)
        world.pass(until: 500)
        #expect(world.take() == ["370 server opened 2", "390 client opened 1", "420 client closed 1"])
        #expect(world.network.isQuiet)
    }

    @Test func `a lane carries one request at a time, and lanes don't wait for each other`() {
        let world = NetworkWorld()
        world.ask(1)
        world.ask(2)
        world.ask(3, lane: 1)
        world.pass(until: 50)
        #expect(world.take() == ["10 server request 1", "10 server request 3"])
        world.answer(1)
        world.pass(until: 90)
        #expect(world.take() == ["70 client answer 1 200 ok", "80 server request 2"])
        #expect(!world.network.isQuiet)
    }

    @Test func `a lane may carry several requests, which arrive and are answered in their order`() {
        let world = NetworkWorld([]) { $0.requestsInFlight = 2 }
        for id in 1...3 { world.ask(UInt64(id)) }
        world.pass(until: 50)
        #expect(world.take() == ["10 server request 1", "10 server request 2"])
        world.answer(1)
        world.answer(2)
        world.pass(until: 90)
        #expect(world.take() == ["70 client answer 1 200 ok", "70 client answer 2 200 ok", "80 server request 3"])
        // What was not answered is given up, each by itself.
        world.ask(4)
        world.pass(until: 5_200)
        #expect(world.take() == ["100 server request 4", "5070 client answer 3 unknown", "5090 client answer 4 unknown"])
        #expect(world.network.isQuiet)
    }

    @Test func `a request that is not answered is unknown, and its late answer is nobody's`() {
        let world = NetworkWorld()
        world.ask(1)
        world.ask(2)
        world.pass(until: 5_000)
        #expect(world.take() == ["10 server request 1", "5000 client answer 1 unknown"])
        world.answer(1)
        // The next one needs a connection first.
        world.pass(until: 5_200)
        #expect(world.take() == ["5070 server request 2"])
        world.answer(2)
        world.pass(until: 5_300)
        #expect(world.take() == ["5220 client answer 2 200 ok"])
    }

    @Test func `what waits for a lane has a bound`() {
        let world = NetworkWorld([]) { $0.queueLimit = 2 }
        for id in 1...5 { world.ask(UInt64(id)) }
        world.pass(until: 5)
        #expect(world.take() == ["0 client answer 4 not sent", "0 client answer 5 not sent"])
    }

    @Test func `a cut ends connections and requests, refuses new ones, and is over`() {
        let world = opened([(.cut, from: 300, until: 1_000)])
        world.pass(until: 295)
        world.send(1, "lost")
        world.ask(1)
        world.ask(2)
        world.pass(until: 400)
        #expect(
            world.take() == [
                "300 client closed 1", "300 client answer 1 unknown", "300 client closed 0", "300 server closed 1", "300 server closed 2",
                "330 client answer 2 not sent",
            ])
        world.open(1)
        world.pass(until: 500)
        #expect(world.take() == ["430 client closed 1"])
        world.pass(until: 1_000)
        world.open(1)
        world.ask(3)
        world.pass(until: 1_100)
        #expect(world.take() == ["1070 server opened 4", "1070 server request 3", "1090 client opened 1"])
        #expect(world.network.faultRecords[0].touched >= 4)
    }

    @Test func `a half-open connection tells nobody, and never comes back`() {
        let world = opened([(.halfOpen, from: 300, until: 600)])
        world.ask(1)
        world.pass(until: 310)
        _ = world.take()
        world.answer(1)
        world.send(1, "a")
        world.serve(2, "b")
        world.open(0)
        world.pass(until: 700)
        world.send(1, "c")
        world.serve(2, "d")
        world.pass(until: 5_190)
        #expect(world.take().isEmpty)
        world.pass(until: 5_200)
        #expect(world.take() == ["5200 client answer 1 unknown"])
        world.close(1)
        world.open(1)
        world.pass(until: 5_300)
        #expect(world.take() == ["5270 server opened 4", "5290 client opened 1"])
    }

    @Test func `a reset ends each connection in the middle of what it brings next`() {
        let world = opened([(.reset, from: 300, until: 900)])
        world.ask(1)
        world.pass(until: 310)
        _ = world.take()
        world.answer(1)
        world.serve(2, "half")
        world.pass(until: 400)
        #expect(world.take() == ["310 server closed 2", "310 client closed 1", "330 client answer 1 unknown"])
        // The other one stands, as nothing came by it.
        world.pass(until: 1_000)
        world.serve(1, "whole")
        world.pass(until: 1_100)
        #expect(world.take() == ["1005 client frame 0 whole"])
    }

    @Test func `streams that are stalled bring at the end what they held back, and answer pings meanwhile`() {
        let world = opened([(.publicStall, from: 300, until: 500), (.privateStall, from: 600, until: 700)])
        world.pass(until: 300)
        world.serve(1, "a")
        world.serve(1, "b")
        world.serve(2, "c")
        world.network.ping(SocketID(1), at: world.now)
        world.pass(until: 520)
        #expect(
            world.take() == [
                "305 client heard 0", "315 server heard 1", "320 client frame 1 c", "505 client frame 0 a", "505 client frame 0 b",
            ])
        world.pass(until: 600)
        world.serve(2, "d")
        world.serve(1, "e")
        world.pass(until: 800)
        #expect(world.take() == ["605 client frame 0 e", "720 client frame 1 d"])
    }

    @Test func `delays, copies and narrow connections keep the order of a connection`() {
        let world = opened([
            (.delay(.milliseconds(100)), from: 300, until: 400), (.twice(after: .milliseconds(7)), from: 500, until: 600),
            (.throttle(bytesPerSecond: 100), from: 700, until: 800), (.streamsLate(.milliseconds(50)), from: 900, until: 1_000),
            (.answersLate(.milliseconds(50)), from: 1_100, until: 1_200),
        ])
        world.pass(until: 399)
        world.serve(1, "a")
        world.pass(until: 401)
        world.serve(1, "b")
        world.pass(until: 500)
        world.serve(1, "c")
        world.pass(until: 700)
        world.serve(1, "0123456789")
        world.serve(1, "x")
        world.pass(until: 900)
        world.serve(1, "d")
        world.ask(1)
        world.pass(until: 1_100)
        world.answer(1)
        world.pass(until: 1_300)
        #expect(
            world.take() == [
                "504 client frame 0 a", "504 client frame 0 b", "505 client frame 0 c", "512 client frame 0 c",
                "805 client frame 0 0123456789", "815 client frame 0 x", "910 server request 1", "955 client frame 0 d",
                "1170 client answer 1 200 ok",
            ])
        #expect(world.network.faultRecords.allSatisfy { $0.touched > 0 })
    }

    @Test func `what stands before the venue refuses, fails, loses answers and keeps old ones`() {
        let world = NetworkWorld([
            (.tooMany, from: 100, until: 200), (.unavailable(isDone: false), from: 200, until: 300),
            (.unavailable(isDone: true), from: 300, until: 400), (.staleAnswers, from: 400, until: 500),
            (.answersLost, from: 600, until: 700),
        ])
        world.ask(1, "/book?a=1", method: .get)
        world.pass(until: 20)
        world.answer(1, "old")
        for (id, time) in zip(UInt64(2)..., [100, 200, 300, 400, 450, 600] as [Int64]) {
            world.pass(until: time)
            world.ask(id, time == 400 ? "/book?a=1" : "/book?a=2", method: .get)
            world.pass(until: time + 10)
            world.answer(id, "new")
        }
        world.pass(until: 700)
        #expect(
            world.take() == [
                "10 server request 1", "40 client answer 1 200 old", "130 client answer 2 429 <html>", "230 client answer 3 503 <html>",
                "310 server request 4", "330 client answer 4 503 <html>", "430 client answer 5 200 old",
                "480 client answer 6 200 new", "610 server request 7",
            ])
        world.pass(until: 6_000)
        #expect(world.take() == ["5600 client answer 7 unknown"])
    }
}
