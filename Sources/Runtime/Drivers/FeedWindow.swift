internal import Market

/// The part of one feed between what the venue has done and what has reached us.
///
/// Two cursors walk the same records: the venue's at venue time, ours behind it at receive time. Batches are loaded when
/// the venue's cursor needs them and reused when ours has left them, so that memory is constant in the feed's length.
@safe final class FeedWindow {
    private let source: any MarketSource
    private var batches: [Batch] = []
    private var spare: [Batch] = []
    private var loading = ContiguousArray<MarketEvent>()
    private var isExhausted = false
    private var venueIsSkipped = false
    private(set) var eventCount: Int64 = 0

    private(set) var venue = Cursor()
    private(set) var local = Cursor()

    init(_ source: any MarketSource) throws(RunError) {
        self.source = source
        try load()
        if let first = batches.first {
            venue = unsafe Cursor(batch: 0, next: first.base, end: first.base + first.count)
            local = venue
        }
    }

    /// A position in the window: the records left in its batch.
    @safe struct Cursor {
        fileprivate var batch = 0
        fileprivate(set) var next: UnsafeMutablePointer<MarketEvent>?
        fileprivate(set) var end: UnsafeMutablePointer<MarketEvent>?
    }

    var venueTime: Int64 {
        guard let next = unsafe venue.next else { return .max }
        return unsafe next.pointee.venueTime.nanoseconds
    }

    var localTime: Int64 {
        guard let next = unsafe local.next else { return .max }
        return unsafe next.pointee.receiveTime.nanoseconds
    }

    /// Hands records to `body` in order while their venue time is at most `limit` and `body` says to go on.
    @inline(__always)
    func drainVenue(through limit: Int64, _ body: (borrowing MarketEvent) -> Bool) throws(RunError) {
        while let start = unsafe venue.next, let end = unsafe venue.end {
            var at = unsafe start
            var goesOn = true
            while unsafe at != end, goesOn, unsafe at.pointee.venueTime.nanoseconds <= limit {
                goesOn = unsafe body(at.pointee)
                unsafe at += 1
            }
            unsafe venue.next = at
            if unsafe at != end { return }
            try advanceVenue()
            if !goesOn { return }
        }
    }

    /// Hands records to `body` in order while their receive time is at most `limit` and `body` says to go on.
    @inline(__always)
    func drainLocal(through limit: Int64, _ body: (borrowing MarketEvent) -> Bool) throws(RunError) {
        while let start = unsafe local.next, let end = unsafe local.end {
            var at = unsafe start
            var goesOn = true
            while unsafe at != end, goesOn, unsafe at.pointee.receiveTime.nanoseconds <= limit {
                goesOn = unsafe body(at.pointee)
                unsafe at += 1
            }
            unsafe local.next = at
            if unsafe at != end { return }
            try advanceLocal()
            if !goesOn { return }
        }
    }

    /// Leaves the venue's cursor behind: it follows ours, batch by batch.
    func skipVenue() { venueIsSkipped = true }

    private func advanceVenue() throws(RunError) {
        if venue.batch + 1 == batches.count { try load() }
        if venue.batch + 1 < batches.count {
            let batch = batches[venue.batch + 1]
            unsafe venue = Cursor(batch: venue.batch + 1, next: batch.base, end: batch.base + batch.count)
        } else {
            unsafe venue = Cursor(batch: venue.batch, next: nil, end: nil)
        }
    }

    private func advanceLocal() throws(RunError) {
        if venueIsSkipped { try advanceVenue() }
        if local.batch + 1 < batches.count {
            let batch = batches[local.batch + 1]
            unsafe local = Cursor(batch: local.batch + 1, next: batch.base, end: batch.base + batch.count)
        } else {
            precondition(isExhausted, "a record reached us before the venue had made it")
            unsafe local = Cursor(batch: local.batch, next: nil, end: nil)
        }
        // Batches that both cursors have left are used again.
        while local.batch > 0 {
            spare.append(batches.removeFirst())
            local.batch -= 1
            venue.batch -= 1
        }
    }

    private func load() throws(RunError) {
        while !isExhausted {
            guard try source.next(into: &loading) else {
                isExhausted = true
                return
            }
            guard !loading.isEmpty else { continue }
            let batch = spare.popLast() ?? Batch()
            batch.replace(by: loading)
            batches.append(batch)
            eventCount += Int64(batch.count)
            return
        }
    }

    /// Records at a stable address.
    @safe private final class Batch {
        private(set) var base: UnsafeMutablePointer<MarketEvent>
        private(set) var count = 0
        private var capacity: Int

        init() {
            capacity = 65_536
            unsafe base = .allocate(capacity: capacity)
        }

        deinit { unsafe base.deallocate() }

        func replace(by events: ContiguousArray<MarketEvent>) {
            if events.count > capacity {
                unsafe base.deallocate()
                capacity = events.count
                unsafe base = .allocate(capacity: capacity)
            }
            count = events.count
            unsafe events.withUnsafeBufferPointer { source in
                if let start = source.baseAddress { unsafe base.initialize(from: start, count: source.count) }
            }
        }
    }
}
