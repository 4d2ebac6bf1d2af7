import Market

/// Where an import puts what it decoded.
protocol EventSink {
    mutating func addFeed(_ instrument: Instrument, format: RecordingFormat) throws(FeedError) -> InstrumentID
    mutating func append(_ event: MarketEvent) throws(FeedError)
    /// Keeps a message as received.
    ///
    /// - Returns: Its index in the feed, counted from 0.
    mutating func appendFrame(_ feed: InstrumentID, receiveTime: Timestamp, _ bytes: Bytes) throws(FeedError) -> UInt32
    mutating func addGap(_ feed: InstrumentID, from: Timestamp, to: Timestamp, cause: GapCause) throws(FeedError)
    mutating func addUnparsed(path: String, line: Int, reason: String, _ bytes: Bytes) throws(FeedError)
}
