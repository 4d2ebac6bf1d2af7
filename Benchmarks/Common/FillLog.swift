internal import Market
internal import Simulation
internal import Trading

/// The fills of a run as the workload writes them down and adds them up.
package struct FillLog {
    /// What the table of the workload gives for each venue.
    package struct Totals: Equatable {
        package var fills = 0
        package var position: Int64 = 0
        /// Σ −side × ticks × lots.
        package var cash: Int64 = 0
        /// Σ ticks × lots, by role.
        package var made: Int64 = 0
        package var taken: Int64 = 0

        /// In the quote currency: a tick is 0.5 of it, a lot 0.001 of the base.
        package var balance: Double { Double(cash) * 0.5 * 0.001 }
        package var fee: Double { (Double(made) * 0.0001 + Double(taken) * 0.0004) * 0.5 * 0.001 }
    }

    /// `exch_ts,venue,side,tick,order_id,maker`, sorted by time, venue and order.
    package let text: String
    package let totals: [Totals]

    package init(_ world: WorkloadWorld) {
        // The core numbers all orders in one row; the workload numbers quotes and hedges apart, each from 1.
        let hedges = world.fills.filter { $0.venue == 1 }.map(\.fill.order.rawValue).sorted()
        func hedgesBefore(_ id: UInt64) -> Int {
            var (low, high) = (0, hedges.count)
            while low < high {
                let middle = (low + high) / 2
                if hedges[middle] < id { low = middle + 1 } else { high = middle }
            }
            return low
        }
        var text = "exch_ts,venue,side,tick,order_id,maker\n"
        var totals = [Totals(), Totals()]
        for (time, venue, fill) in world.fills.sorted(by: { ($0.time, $0.venue, $0.fill.order) < ($1.time, $1.venue, $1.fill.order) }) {
            let id = fill.order.rawValue
            let order = venue == 0 ? Int(id) - hedgesBefore(id) : 1_000_000_001 + hedgesBefore(id)
            text += "\(time),\(venue),\(fill.side.sign),\(fill.price.ticks),\(order),\(fill.role == .maker ? 1 : 0)\n"
            let worth = fill.price.ticks * fill.quantity.lots
            totals[venue].fills += 1
            totals[venue].position += fill.side.sign * fill.quantity.lots
            totals[venue].cash -= fill.side.sign * worth
            if fill.role == .maker { totals[venue].made += worth } else { totals[venue].taken += worth }
        }
        self.text = text
        self.totals = totals
    }
}
