internal import Market

/// How many requests a venue takes in a span, of which some are kept for what reduces risk.
final class RequestBudget {
    let limit: Int
    /// Of them, how many new quotes may not use.
    let reserve: Int
    let span: Nanoseconds
    private var times = Ring<Timestamp>()
    /// The venue said that it was too much.
    private var blockedUntil = Timestamp.distantPast

    init(limit: Int, reserve: Int, span: Nanoseconds) { (self.limit, self.reserve, self.span) = (limit, reserve, span) }

    /// Whether a request may go now; it counts if so.
    func take(_ now: Timestamp, usesReserve: Bool) -> Bool {
        while !times.isEmpty, times[0] + span <= now { times.removeFirst() }
        guard times.count < (usesReserve ? limit : limit - reserve), usesReserve || now >= blockedUntil else { return false }
        times.append(now)
        return true
    }

    func use(at now: Timestamp) -> RequestUse {
        let used = (0..<times.count).count { times[$0] + span > now }
        return RequestUse(used: used, limit: limit, reserved: reserve, span: span)
    }

    func block(until time: Timestamp) { blockedUntil = max(blockedUntil, time) }
}
