internal import Market

/// What a feed says otherwise than it was recorded for a while, to the venue and to us alike.
struct FeedDisturbance: Codable, Hashable, Sendable {
    enum Kind: Codable, Hashable, Sendable {
        /// Marks are higher by this share, in 10⁻¹².
        case mark(share: Int64)
        /// Funding is at this rate in 10⁻¹², and due again and again after so many nanoseconds.
        case funding(rate: Int64, every: Int64)

        fileprivate var record: MarketEvent.Kind {
            switch self {
            case .mark: .mark
            case .funding: .funding
            }
        }
    }

    var kind: Kind
    /// Index of the instrument.
    var instrument: Int
    /// From the first frame that is not before it, in nanoseconds since 1970.
    var start: Int64
    /// Up to the first frame that is not before it, with which comes again what was recorded.
    var end: Int64
}

/// A feed among its disturbances.
final class DisturbedSource: MarketSource {
    private let source: any MarketSource
    private let disturbance: FeedDisturbance
    /// As recorded.
    private var last: MarketEvent?
    private var hasBegun = false
    private var hasEnded = false
    private var isBetweenFrames = true
    /// Lent instead of the source's own.
    private var altered: [ObjectIdentifier] = []

    private init(_ source: any MarketSource, _ disturbance: FeedDisturbance) { (self.source, self.disturbance) = (source, disturbance) }

    /// The source itself where none of the disturbances is of its instrument.
    static func among(_ disturbances: [FeedDisturbance], _ source: any MarketSource, instrument: Int) -> any MarketSource {
        disturbances.filter { $0.instrument == instrument }.reduce(source) { DisturbedSource($0, $1) }
    }

    func next() throws(RunError) -> EventBatch? {
        guard let batch = try source.next() else { return nil }
        guard !hasEnded, batch.count > 0 else { return batch }
        guard batch[batch.count - 1].venueTime.nanoseconds >= disturbance.start else {
            for index in 0..<batch.count { note(batch[index]) }
            return batch
        }
        let told = EventBatch(capacity: batch.count + 2)
        for index in 0..<batch.count { tell(batch[index], told) }
        source.recycle(batch)
        altered.append(ObjectIdentifier(told))
        return told
    }

    func recycle(_ batch: EventBatch) {
        if let index = altered.firstIndex(of: ObjectIdentifier(batch)) {
            altered.remove(at: index)
        } else {
            source.recycle(batch)
        }
    }

    private func note(_ event: MarketEvent) {
        if event.kind == disturbance.kind.record { last = event }
        isBetweenFrames = event.isLast
    }

    private func tell(_ event: MarketEvent, _ told: EventBatch) {
        let time = event.venueTime.nanoseconds
        if !hasBegun, isBetweenFrames, time >= disturbance.start {
            hasBegun = true
            if let first = begin(at: event) { told.append(first) }
        }
        if hasBegun, !hasEnded, isBetweenFrames, time >= disturbance.end {
            hasEnded = true
            if let again = end(at: event) { told.append(again) }
        }
        note(event)
        guard hasBegun, !hasEnded, event.kind == disturbance.kind.record else { return told.append(event) }
        if case .mark(let share) = disturbance.kind { told.append(event.marked(share)) }
    }

    private func begin(at event: MarketEvent) -> MarketEvent? {
        switch disturbance.kind {
        case .mark(let share): last?.at(event).marked(share)
        case .funding(let rate, let every):
            MarketEvent(
                kind: .funding, instrument: event.instrument, venueTime: event.venueTime, receiveTime: event.receiveTime, price: rate,
                quantity: every, detail: event.venueTime.nanoseconds + every, flags: [.first, .last])
        }
    }

    /// What was recorded last; of funding the first settlement that is still to come.
    private func end(at event: MarketEvent) -> MarketEvent? {
        guard var again = last?.at(event) else { return nil }
        if again.kind == .funding, again.detail <= event.venueTime.nanoseconds {
            let interval = max(again.quantity, Nanoseconds.hours(1).count)
            again.detail += ((event.venueTime.nanoseconds - again.detail) / interval + 1) * interval
        }
        return again
    }
}

extension MarketEvent {
    /// The same, as if it had come with another one.
    fileprivate func at(_ other: MarketEvent) -> MarketEvent {
        var event = self
        (event.venueTime, event.receiveTime) = (other.venueTime, other.receiveTime)
        return event
    }

    fileprivate func marked(_ share: Int64) -> MarketEvent {
        var event = self
        event.price += roundedQuotient(Int128(price) * Int128(share), Int128(Rate.scale))
        return event
    }
}
