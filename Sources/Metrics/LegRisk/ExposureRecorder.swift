internal import Market
internal import Trading

/// Follows what is unhedged of each symbol, by the venues' positions, from event to event.
struct ExposureRecorder {
    private struct Symbol {
        var first: Int
        var members: [Int]
        var exposure: LegRisk.Exposure
        var net: Int64 = 0
        var price: FinePrice?
        /// What its moves are reckoned from: the mid, where there is one.
        var mid: FinePrice?
        var rate: Int64 = 0
        /// Since when something has been unhedged, and since when it has been naked.
        var since: Timestamp?
        var nakedSince: Timestamp?
        var hasTolerance = false
    }

    private let instruments: [Instrument]
    private var symbols: [Symbol] = []
    /// By account × instrument: whether they are of one venue.
    private let isListed: [Bool]
    private var last: Timestamp?

    init(_ description: RunDescription, isListed: [Bool]) {
        instruments = description.instruments
        self.isListed = isListed
        let count = instruments.count
        for (index, instrument) in instruments.enumerated() where instruments.firstIndex(where: { $0.symbol == instrument.symbol }) == index
        {
            let members = instruments.indices.filter { instruments[$0].symbol == instrument.symbol }
            let places = members.reduce(0) { sum, member in
                sum + description.accounts.indices.count { isListed[$0 * count + member] }
            }
            symbols.append(
                Symbol(
                    first: index, members: members,
                    exposure: LegRisk.Exposure(symbol: instrument.symbol, base: instrument.base, isHedgeable: places > 1)))
        }
    }

    /// Whether the tolerance of every symbol is known.
    var isPriced: Bool { symbols.allSatisfy(\.hasTolerance) }

    /// From here on a symbol's exposure is naked; nil where it never is, or before a price is known.
    func tolerance(_ symbol: Int) -> Int64? {
        guard let row = symbols.first(where: { $0.first == symbol }), row.exposure.isHedgeable, row.hasTolerance else { return nil }
        return row.exposure.tolerance
    }

    mutating func add(_ state: borrowing VenueState, rates: CurrencyAmounts) {
        let time = state.time
        let span = last.map { time - $0 } ?? .zero
        last = time
        for place in symbols.indices {
            symbols[place].exposure.time = symbols[place].exposure.time + span
            let members = symbols[place].members
            guard let index = members.first(where: { state.marks[$0] != nil }), let price = state.marks[index] else { continue }
            var net: Int64 = 0
            for member in members {
                for account in state.positions.indices where isListed[account * instruments.count + member] {
                    net += instruments[member].baseAmount(state.positions[account][member], at: state.marks[member] ?? price)
                }
            }
            if !symbols[place].hasTolerance {
                let least = members.map { instruments[$0].baseAmount(instruments[$0].leastOrder(at: price), at: price) }
                symbols[place].exposure.tolerance = least.max() ?? 0
                symbols[place].hasTolerance = true
            }
            Self.step(
                &symbols[place], to: net, price, state.mids[index] ?? price, rates[instruments[index].quote] ?? 0, at: time, after: span)
        }
    }

    private static func notional(_ base: Int64, _ price: FinePrice, _ rate: Int64) -> Int64 {
        roundedBillionth(Int128(roundedBillionth(Int128(abs(base)) * Int128(price.nanos))) * Int128(rate))
    }

    private static func step(
        _ symbol: inout Symbol, to net: Int64, _ price: FinePrice, _ mid: FinePrice, _ rate: Int64, at time: Timestamp,
        after span: Nanoseconds
    ) {
        let isHedgeable = symbol.exposure.isHedgeable
        let wasNaked = isHedgeable && symbol.net != 0 && abs(symbol.net) >= symbol.exposure.tolerance
        if let before = symbol.price, symbol.net != 0 {
            symbol.exposure.integral += Int128(notional(symbol.net, before, symbol.rate)) * Int128(span.count)
            if wasNaked {
                symbol.exposure.nakedTime = symbol.exposure.nakedTime + span
                let move = mid.nanos - (symbol.mid ?? mid).nanos
                let moved = roundedBillionth(Int128(symbol.net) * Int128(move))
                symbol.exposure.profit += ExactAmount(nanos: moved, rate: rate)
                symbol.exposure.peak = max(symbol.exposure.peak, notional(symbol.net, price, rate))
            } else if isHedgeable {
                symbol.exposure.dustTime = symbol.exposure.dustTime + span
            }
        }
        let isNaked = isHedgeable && net != 0 && abs(net) >= symbol.exposure.tolerance
        if isNaked {
            symbol.exposure.peak = max(symbol.exposure.peak, notional(net, price, rate))
            if symbol.nakedSince == nil {
                symbol.exposure.episodes += 1
                symbol.nakedSince = time
            }
        } else if let since = symbol.nakedSince {
            symbol.exposure.durations.add(time - since)
            symbol.nakedSince = nil
        }
        if net == 0 { symbol.since = nil } else if symbol.since == nil || isNaked || wasNaked { symbol.since = time }
        (symbol.net, symbol.price, symbol.mid, symbol.rate) = (net, price, mid, rate)
    }

    /// Ends open episodes and tells what is left.
    mutating func finish(at time: Timestamp) -> [LegRisk.Exposure] {
        for place in symbols.indices {
            if let since = symbols[place].nakedSince {
                symbols[place].exposure.durations.add(time - since)
                symbols[place].exposure.isOpen = true
            } else if symbols[place].exposure.isHedgeable, symbols[place].net != 0, let since = symbols[place].since {
                symbols[place].exposure.dust = symbols[place].net
                symbols[place].exposure.dustAge = time - since
                let (net, rate) = (symbols[place].net, symbols[place].rate)
                symbols[place].exposure.dustNotional = symbols[place].price.map { Self.notional(net, $0, rate) } ?? 0
            }
        }
        return symbols.map(\.exposure)
    }
}
