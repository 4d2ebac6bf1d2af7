internal import Market

/// Comparing the books that the stream makes with the venue's own.
extension BackpackSession {
    /// Whether a request asks for a book that is only compared.
    public func isAudit(_ id: RequestID) -> Bool {
        if case .audit = pending[id] { true } else { false }
    }

    func askForAudit(_ feed: Int, _ now: Timestamp) {
        feeds[feed].auditDue = configuration.auditEvery.map { now + $0 } ?? .never
        guard feeds[feed].audit?.canAsk == true, case .up = links[0].state else { return }
        feeds[feed].audit?.ask()
        send(.depth(symbol: feeds[feed].instrument.venueSymbol, limit: Self.bookDepth), .audit(feed: feed), lane: coldLane, now)
    }

    func takeAudit(_ feed: Int, _ body: [UInt8], _ now: Timestamp) throws(RowFailure) {
        let depth = try BackpackAnswers.depth(body)
        settle(feeds[feed].audit?.answer(depth.levels, number: depth.last) ?? .undecided, feed, now)
    }

    /// Takes a frame that was told.
    func audit(_ levels: some Sequence<BackpackLevel>, _ feed: Int, number: Int64, _ now: Timestamp) {
        guard let verdict = feeds[feed].audit?.apply(levels, number: number) else { return }
        settle(verdict, feed, now)
    }

    /// A book that is not the venue's is not to be trusted: it is asked for anew.
    private func settle(_ verdict: BookAudit.Verdict, _ feed: Int, _ now: Timestamp) {
        guard case .differs(let count, let first) = verdict else { return }
        func size(_ nanos: Int64) -> String { Decimal.text(nanos, decimals: 9) }
        let others = count > 1 ? ", and \(count - 1) more differ" : ""
        alarm(
            .bookDiffers,
            "\(feeds[feed].instrument.venueSymbol) at \(first.number): \(first.side == .buy ? "bid" : "ask") \(size(first.price)) has "
                + "\(size(first.ours)), at the venue \(size(first.theirs))\(others)")
        loseBook(feed, .sequence, now)
        feeds[feed].bookDue = now
    }
}
