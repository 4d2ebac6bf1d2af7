import Market
import Venues

/// Where an import puts what it decoded.
protocol EventSink {
    mutating func addFeed(_ instrument: Instrument, source: String) throws(FeedError) -> InstrumentID
    mutating func append(_ event: MarketEvent) throws(FeedError)
    /// Keeps a message as received.
    ///
    /// - Returns: Its index in the feed, counted from 0.
    mutating func appendFrame(_ feed: InstrumentID, receiveTime: Timestamp, _ bytes: Bytes) throws(FeedError) -> UInt32
    mutating func addGap(_ feed: InstrumentID, at time: Timestamp, cause: GapCause, note: String) throws(FeedError)
    /// Counts a row that could not be read.
    mutating func addUnparsed(_ feed: InstrumentID, reason: String)
}
