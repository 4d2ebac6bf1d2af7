import Market
import TestSupport
import Testing

@testable import Simulation

/// Recorded latencies, against numbers reckoned by hand from the rules of hftbacktest.
@Suite struct LatencySampleTests {
    private static func row(_ request: Int64, _ venue: Int64, _ response: Int64) -> LatencyModel.Sample {
        .init(request: Timestamp(nanoseconds: request), venue: Timestamp(nanoseconds: venue), response: Timestamp(nanoseconds: response))
    }

    /// Entry latencies 30, 50, refused (answered after 90), 20; response latencies 10, 30, –, 40.
    private static let rows = [row(100, 130, 140), row(200, 250, 280), row(300, 0, 390), row(400, 420, 460)]

    private static func latencies(_ direction: LatencyDirection, _ times: [Int64], _ rows: [LatencyModel.Sample] = rows) -> [Int64] {
        var stream = LatencyStream(EntryLatency(LatencyModel(.samples(rows))), direction, account: AccountID(0), seed: 1)
        return times.map { stream.next(.submit, at: Timestamp(nanoseconds: $0)).count }
    }

    @Test func `a request's latency lies on the line between the rows around it`() {
        // Before the first row 30; then 30 + 20 × 0, ¼, ½, 0.99 of the way.
        #expect(Self.latencies(.entry, [1, 99, 100, 125, 150, 199]) == [30, 30, 30, 35, 40, 49])
        // After the last row its latency holds.
        #expect(Self.latencies(.entry, [400, 401, 1_000_000]) == [20, 20, 20])
    }

    @Test func `lines are cut towards the earlier row`() {
        // 10 + 10 × ⅓ and 10 + 10 × ⅔; 7 − 3 × ½.
        let up = [Self.row(100, 110, 120), Self.row(103, 123, 133)]
        #expect(Self.latencies(.entry, [100, 101, 102, 103], up) == [10, 13, 16, 20])
        let down = [Self.row(100, 107, 120), Self.row(102, 106, 126)]
        #expect(Self.latencies(.entry, [101], down) == [6])
    }

    @Test func `between a refused row and its neighbours requests are refused, after the time of their answers`() {
        // Answers took 80 at 200, 90 at 300 and 60 at 400.
        #expect(Self.latencies(.entry, [199, 200, 250, 299, 300, 350, 399]) == [49, -80, -85, -89, -90, -75, -61])
        #expect(Self.latencies(.entry, [400]) == [20])
    }

    @Test func `a report's latency goes by the venue's times`() {
        #expect(Self.latencies(.response, [5, 129, 130, 160, 190, 249]) == [10, 10, 10, 15, 20, 29])
        #expect(Self.latencies(.response, [420, 500]) == [40, 40])
        // A refused row has no venue time: a line from 390 at time 0 to 40 at 420.
        #expect(Self.latencies(.response, [300]) == [140])
    }

    /// The rules again, as plainly as they can be written: every row is looked at for every time.
    private static func naive(_ time: Int64, _ rows: [LatencyModel.Sample]) -> Int64 {
        func entry(_ row: LatencyModel.Sample) -> Int64 { row.venue.nanoseconds - row.request.nanoseconds }
        func answer(_ row: LatencyModel.Sample) -> Int64 { row.response.nanoseconds - row.request.nanoseconds }
        func line(_ one: (Int64, Int64), _ two: (Int64, Int64)) -> Int64 {
            one.1 + Int64((Double(two.1 - one.1) / Double(two.0 - one.0) * Double(time - one.0)).rounded(.towardZero))
        }
        if time < rows[0].request.nanoseconds { return entry(rows[0]) }
        for (one, two) in zip(rows, rows.dropFirst()) where one.request.nanoseconds <= time && time < two.request.nanoseconds {
            let (from, to) = (one.request.nanoseconds, two.request.nanoseconds)
            if one.venue.nanoseconds <= 0 || two.venue.nanoseconds <= 0 { return -line((from, answer(one)), (to, answer(two))) }
            return line((from, entry(one)), (to, entry(two)))
        }
        return entry(rows[rows.count - 1])
    }

    @Test(arguments: TestScale.seeds(50))
    func `the search forward finds what a search of all rows finds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var rows: [LatencyModel.Sample] = []
        var time: Int64 = 1_000
        for index in 0..<30 {
            time += random.uniform(in: 1...500)
            let isRefused = index > 0 && index < 29 && random.uniform(in: 0...5) == 0
            let venue = time + random.uniform(in: 0...300)
            rows.append(Self.row(time, isRefused ? 0 : venue, venue + random.uniform(in: 0...300)))
        }
        var times: [Int64] = []
        var at: Int64 = 0
        while at < time + 1_000 {
            at += random.uniform(in: 0...200)
            times.append(at)
        }
        #expect(Self.latencies(.entry, times, rows) == times.map { Self.naive($0, rows) }, "seed \(seed)")
    }
}
