public import Market

extension Tape {
    /// Whether a feed tells its orders one by one: what its first record about a book is says so.
    ///
    /// - Complexity: Reads the feed up to that record, which is in its first chunk as a rule.
    public func hasOrderIDs(_ feed: InstrumentID) throws(TapeError) -> Bool {
        let reader = try reader(feed: feed)
        let events = EventBatch()
        while try reader.next(into: events) {
            for event in events {
                switch event.kind {
                case .orderAdded, .orderChanged, .orderDeleted: return true
                case .level: return false
                case .trade, .quote, .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange, .gap: continue
                }
            }
        }
        return false
    }
}
