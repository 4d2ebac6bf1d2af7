internal import Market

/// Which rows a statement can want, as far as their feeds and times say.
struct RecordFilter {
    struct Bounds: Equatable {
        var low = Int64.min
        var high = Int64.max
        var areOpen: Bool { low == .min && high == .max }

        mutating func narrow(_ comparison: SQLConstraint.Comparison, _ value: SQLValue) {
            // Numbers with a fraction are rounded outwards: SQLite looks at the rows again.
            let (floor, ceiling): (Int64, Int64)
            switch value {
            case .integer(let whole): (floor, ceiling) = (whole, whole)
            case .real(let real) where real.magnitude < 9e18:
                (floor, ceiling) = (Int64(real.rounded(.down)), Int64(real.rounded(.up)))
            case .real, .text, .blob, .null: return
            }
            switch comparison {
            case .equal: (low, high) = (max(low, floor), min(high, ceiling))
            case .less, .lessOrEqual: high = min(high, ceiling)
            case .greater, .greaterOrEqual: low = max(low, floor)
            }
        }

        /// Unknown times are in no bounds.
        func contain(_ time: Timestamp) -> Bool {
            areOpen || (time.nanoseconds != 0 && time.nanoseconds >= low && time.nanoseconds <= high)
        }

        /// Whether a run of records whose times go from `first` to `last` can hold one.
        func touch(_ first: Int64?, _ last: Int64?) -> Bool {
            guard !areOpen else { return true }
            guard let first, let last else { return false }
            return last >= low && first <= high
        }
    }

    var feeds: [Int] = []
    /// Of the receive time, or the venue time where there is none.
    var time = Bounds()
    var venueTime = Bounds()
    var receiveTime = Bounds()

    static func uses(_ column: RecordColumn, _ comparison: SQLConstraint.Comparison) -> Bool {
        switch column {
        case .feed, .venue, .symbol: comparison == .equal
        case .time, .venueTime, .receiveTime: true
        default: false
        }
    }

    init(_ constraints: [SQLConstraint], _ columns: [RecordColumn], _ terms: [FeedTerms]) {
        feeds = Array(terms.indices)
        for constraint in constraints {
            switch (columns[constraint.column], constraint.value) {
            case (.feed, .integer(let feed)): feeds.removeAll { Int64($0) != feed }
            case (.venue, .text(let venue)): feeds.removeAll { terms[$0].venue != venue }
            case (.symbol, .text(let symbol)): feeds.removeAll { terms[$0].symbol != symbol }
            case (.time, let value): time.narrow(constraint.comparison, value)
            case (.venueTime, let value): venueTime.narrow(constraint.comparison, value)
            case (.receiveTime, let value): receiveTime.narrow(constraint.comparison, value)
            default: break
            }
        }
    }

    var isTimed: Bool { !time.areOpen || !venueTime.areOpen || !receiveTime.areOpen }

    func matches(_ event: MarketEvent) -> Bool {
        time.contain(event.receiveTime.nanoseconds != 0 ? event.receiveTime : event.venueTime) && venueTime.contain(event.venueTime)
            && receiveTime.contain(event.receiveTime)
    }

    func touches(_ chunk: ChunkBounds) -> Bool {
        venueTime.touch(chunk.firstVenue, chunk.lastVenue) && receiveTime.touch(chunk.firstReceive, chunk.lastReceive)
            && (time.touch(chunk.firstVenue, chunk.lastVenue) || time.touch(chunk.firstReceive, chunk.lastReceive))
    }
}
