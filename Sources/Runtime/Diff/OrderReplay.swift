internal import Market
internal import Simulation
internal import Trading

/// Sends a run's own orders once more, to simulated venues on the run's market without us.
///
/// Each command reaches its venue when it did then, by the venue's clock, so that no latency is guessed: what differs is how the venue
/// fills. Where nobody told when a request arrived it takes the usual way.
struct OrderReplay {
    /// What became of an order at the simulated venue.
    struct Outcome {
        var arrival: Timestamp
        var fills: [VenueFill] = []
        var isRefused = false
        /// When nothing rested of it any more; nil while something does.
        var end: Timestamp?
    }

    private(set) var outcomes: [OrderID: Outcome] = [:]
    /// When the market ends.
    private(set) var last = Timestamp.distantPast

    private struct Arrival {
        var time: Timestamp
        var command: Command
    }

    /// - Parameters:
    ///   - feeds: By instrument, times corrected.
    ///   - venueOfInstrument: Index among `venues`.
    init(
        _ recording: LiveRecording, _ orders: [OrderLife], feeds: [any MarketSource], venueOfInstrument: [Int],
        venues configurations: [VenueConfiguration]
    ) throws(RunError) {
        let venues = configurations.map { SimulatedVenue(Self.atTheDoor($0)) }
        var cursors = try FeedCursors(feeds)
        var arrivals = Self.arrivals(recording, orders)[...]
        for arrival in arrivals {
            if case .submit(let request) = arrival.command { outcomes[request.order] = Outcome(arrival: arrival.time) }
        }
        while true {
            let next = min(cursors.next, arrivals.first?.time ?? .never)
            guard next != .never else { break }
            // Of one moment the market comes first, as the order came to it.
            if cursors.next <= next {
                last = max(last, next)
                var at = 0
                try cursors.take { event, feed in
                    at = venueOfInstrument[feed]
                    venues[at].receive(event)
                }
                collect(venues[at], next)
            } else if let arrival = arrivals.popFirst() {
                guard let instrument = arrival.command.instrument else { continue }
                let venue = venues[venueOfInstrument[instrument.index]]
                venue.handle(arrival.command, now: arrival.time)
                venue.advance(to: arrival.time)
                collect(venue, arrival.time)
            }
        }
    }

    private mutating func collect(_ venue: SimulatedVenue, _ now: Timestamp) {
        venue.takeFills { outcomes[$0.fill.order]?.fills.append($0) }
        while let report = venue.nextReport(now: now) {
            switch report.report {
            case .rejected(let order, .submit, _): outcomes[order]?.isRefused = true
            case .cancelled(let order, _), .expired(let order, _): outcomes[order]?.end = report.venueTime
            default: break
            }
        }
    }

    /// The venue as it is for what stands at its door: no way, no limits of requests, and nothing goes wrong.
    private static func atTheDoor(_ configuration: VenueConfiguration) -> VenueConfiguration {
        var venue = configuration
        (venue.limits, venue.nonceRule, venue.faults, venue.reportsAccountState) = (nil, nil, nil, false)
        for index in venue.accounts.indices { venue.accounts[index].connection = .constant(entry: .zero, response: .zero) }
        return venue
    }

    /// Commands by the time of their arrival; of one moment in the order in which they left.
    private static func arrivals(_ recording: LiveRecording, _ orders: [OrderLife]) -> [Arrival] {
        let lives = Dictionary(orders.map { ($0.request.order, $0) }) { first, _ in first }
        // What only an answer told of carries our clock.
        let ways = orders.compactMap { life -> Int64? in
            guard let acknowledged = life.acknowledged, acknowledged.venue < acknowledged.heard else { return nil }
            return (acknowledged.venue - life.sentAt).count
        }.sorted()
        let usual = Nanoseconds(count: ways.isEmpty ? 0 : ways[ways.count / 2])
        var arrivals: [Arrival] = []
        for case .command(let command, let sent) in recording.items {
            switch command {
            case .submit(let request):
                if case .neverCame? = lives[request.order]?.end?.kind { continue }
                let told = lives[request.order]?.acknowledged.flatMap { $0.venue < $0.heard ? $0.venue : nil }
                arrivals.append(Arrival(time: told ?? sent + usual, command: command))
            case .cancel(let request):
                var time = sent + usual
                if let end = lives[request.order]?.end, end.kind == .cancelled(.requested), end.moment.venue < end.moment.heard {
                    time = end.moment.venue
                }
                arrivals.append(Arrival(time: time, command: command))
            case .amend, .cancelAll: arrivals.append(Arrival(time: sent + usual, command: command))
            case .query, .setLeverage, .deadMan: break
            }
        }
        return arrivals.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }
}

extension Command {
    fileprivate var instrument: InstrumentID? {
        switch self {
        case .submit(let request): request.instrument
        case .amend(let request): request.instrument
        case .cancel(let request): request.instrument
        case .cancelAll(_, let instrument): instrument
        case .query, .setLeverage, .deadMan: nil
        }
    }
}
