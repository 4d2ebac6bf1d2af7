internal import Market
internal import Trading

/// What one account has asked of the venue, against what it may.
struct RequestLimiter: ~Copyable {
    /// The requests of the last span, and what they cost in all.
    struct Window: ~Copyable {
        struct Entry: BitwiseCopyable {
            var time: Timestamp
            var cost: Int
        }

        let limit: RequestLimits.Window
        var entries = Ring<Entry>()
        var sum = 0

        init(_ limit: RequestLimits.Window) { self.limit = limit }

        mutating func hasRoom(_ cost: Int, _ now: Timestamp) -> Bool {
            while !entries.isEmpty, entries[0].time + limit.span <= now { sum -= entries.removeFirst().cost }
            return sum + cost <= limit.capacity
        }

        mutating func record(_ cost: Int, _ now: Timestamp) {
            entries.append(Entry(time: now, cost: cost))
            sum += cost
        }
    }

    private let windows: Table<Window>
    private let quota: RequestLimits.VolumeQuota?
    /// Requests that the quota still allows.
    private(set) var left: Int
    private var volume: Int64 = 0
    private var lastFree = Timestamp.distantPast

    init(_ limits: RequestLimits) {
        windows = Table(count: limits.windows.count) { Window(limits.windows[$0]) }
        quota = limits.quota
        left = limits.quota?.initial ?? 0
    }

    /// Counts a request; the reason if it is one too many, and then it is not counted.
    mutating func refusal(_ request: RequestLimits.Request, _ now: Timestamp) -> RejectReason? {
        for index in windows.indices {
            let cost = windows[index].limit.costs[request] ?? 0
            if cost > 0, !windows[index].hasRoom(cost, now) { return .rateLimit }
        }
        if let quota, request == .submit || request == .amend || request == .cancelAll {
            if lastFree == .distantPast || now - lastFree >= quota.freeEvery {
                lastFree = now
            } else if left > 0 {
                left -= 1
            } else {
                return .quota
            }
        }
        for index in windows.indices {
            let cost = windows[index].limit.costs[request] ?? 0
            if cost > 0 { windows[index].record(cost, now) }
        }
        return nil
    }

    /// A fill earns requests.
    mutating func earn(_ notional: Int64) {
        guard let quota else { return }
        volume += notional
        let earned = volume / quota.volumePerRequest
        volume -= earned * quota.volumePerRequest
        left = Int(min(Int64(quota.maximum), Int64(left) + earned))
    }
}

extension Command {
    /// As limits count it; nil for what is not counted.
    var counted: RequestLimits.Request? {
        switch self {
        case .submit: .submit
        case .amend: .amend
        case .cancel: .cancel
        case .cancelAll: .cancelAll
        case .query: .query
        case .setLeverage, .deadMan: nil
        }
    }
}

extension SimulatedVenue {
    /// Refuses a request that is one too many; returns whether it did.
    func isOneTooMany(_ command: Command, _ account: Int, _ time: Timestamp) -> Bool {
        guard account < limiters.count, let kind = command.counted, let reason = limiters[account].refusal(kind, time) else { return false }
        turnAway(command, reason, account, time)
        return true
    }

    /// The limit that an order would break: how many may stand, how long, and how far from the mark.
    func limitViolation(_ request: OrderRequest, _ index: Int, _ account: Int, _ time: Timestamp) -> RejectReason? {
        if let limits = configuration.limits {
            if let bounds = limits.expiry, request.terms.expiry != .never, !bounds.contains(request.terms.expiry - time) { return .expired }
            if request.terms.trigger == nil {
                let standing = markets.indices.map { markets[$0].restingCount(account) }
                if let limit = limits.openOrders, standing.reduce(0, +) >= limit { return .openOrderLimit }
                if let limit = limits.openOrdersPerInstrument, standing[index] >= limit { return .openOrderLimit }
            } else {
                let waiting = markets.indices.map { market in markets[market].waiting.count { $0.account == account } }
                if let limit = limits.triggers, waiting.reduce(0, +) >= limit { return .openOrderLimit }
                if let limit = limits.triggersPerInstrument, waiting[index] >= limit { return .openOrderLimit }
            }
        }
        guard let band = configuration.listings[index].band, let price = request.price, let mark = markets[index].mark else { return nil }
        let worth = Int128(markets[index].contract.finePrice(price).nanos) * Int128(Rate.scale)
        let bound = Int128(mark.nanos) * Int128((request.side == .buy ? band.highest : band.lowest).trillionths)
        return (request.side == .buy ? worth > bound : worth < bound) ? .priceBand : nil
    }
}

extension VenueMarket {
    /// How many orders of an account rest.
    func restingCount(_ account: Int) -> Int {
        var count = 0
        for side in Side.allCases {
            for index in 0..<self.count(side) where self[side, index].account == account { count += 1 }
        }
        return count
    }
}
