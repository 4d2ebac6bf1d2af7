import Market
import Report
import Testing
import Trading

@testable import Runtime

/// A run over the wire, and its orders sent once more to simulated venues on its market without them.
@Suite struct LiveDiffTests {
    @Test func `a thousand orders fill the same once more, and a lot that the venue adds shows as missed`() throws {
        let world = try FootprintTests.World { Scatter.core($0) }
        let diff = try world.diff()
        #expect(diff.rows.count == world.recording.orders.count && diff.rows.count >= 1_000)
        #expect(diff.liveLots > 10_000 && diff.liveLots == diff.simulatedLots)
        #expect(diff.rows.allSatisfy { $0.cause == nil && $0.missed == 0 && $0.extra == 0 && $0.tickLots == 0 })
        #expect(diff.rows.contains { $0.delay == .zero } && diff.rows.allSatisfy { $0.delay ?? .zero == .zero })
        let profit = try #require(diff.profits.first)
        #expect(profit.live != 0 && profit.residual == 0 && profit.difference == profit.fees)
        #expect(profit.missedFills == 0 && profit.extraFills == 0 && profit.prices == 0)

        // The venue tells of one lot more in one fill of an order that this fills.
        var entries = world.entries
        let lots = world.recording.orders.lazy.flatMap(\.executions).map(\.fill.quantity.lots)
        let told = try #require(lots.first { $0 < 39 })
        let (before, after) = (#""l":"0.000\#(told)""#, #""l":"0.000\#(told + 1)""#)
        let place = try #require(
            entries.firstIndex { $0.record.kind == .frame && String(decoding: $0.bytes, as: UTF8.self).contains(before) })
        entries[place].bytes = Array(String(decoding: entries[place].bytes, as: UTF8.self).replacing(before, with: after).utf8)
        let changed = try world.diff(of: entries)
        #expect(changed.liveLots == diff.liveLots + 1 && changed.simulatedLots == diff.simulatedLots)
        let rows = changed.rows.filter { $0.cause != nil }
        #expect(rows.count == 1 && rows.first?.missed == 1 && changed.unexplained == 0)
        let worse = try #require(changed.profits.first)
        #expect(worse.residual == 0 && worse.missedFills != 0 && worse.difference == worse.missedFills + worse.fees)
        #expect(worse.fees == profit.fees)
    }

    @Test func `a hedge that was live is compared fill by fill, and each difference has a cause`() throws {
        let world = try FootprintTests.World()
        let diff = try world.diff()
        #expect(diff.liveLots > 100_000 && diff.unexplained == 0)
        #expect(diff.rows.allSatisfy { ($0.missed + $0.extra + abs($0.tickLots) > 0) == ($0.cause != nil) })
        let differing = diff.rows.reduce(0) { $0 + $1.missed + $1.extra }
        #expect(differing * 10 < diff.liveLots)
        #expect(diff.profits.allSatisfy { $0.residual == 0 && $0.live != 0 })
        #expect(diff.footprint.doubtCount > 0)

        let report = LiveDiffReport(diff)
        #expect(report.text.contains("  unexplained: 0 orders, 0 lots missed, 0 extra\n") && report.text.contains("\n  residual: 0 USDC\n"))
        #expect(report.text.contains("not separable: \(diff.footprint.doubtCount)\n"))
        #expect(report.text.contains(": a cancel met a fill") == (diff.count(.race) > 0))
        let delays = diff.delays
        #expect(delays == delays.sorted() && delays.count == diff.rows.count { $0.matched > 0 })
        #expect(report.text.contains("; at other prices: \(diff.rows.count { $0.tickLots != 0 }) orders\n"))
        let json = report.json.pretty
        #expect(json.contains(#""largest": \#(try #require(delays.last).count)"#))
        #expect(json.contains(#""live_lots": \#(diff.liveLots)"#) && json.contains(#""residual": "0""#))
    }
}
