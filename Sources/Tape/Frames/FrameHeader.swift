public import Market

/// When, where and which way a raw frame passed.
public struct FrameHeader: Hashable, Sendable {
    public enum Direction: UInt8, Hashable, Sendable, CaseIterable {
        case received, sent
    }

    /// The feed whose records were made from it; nil for private frames, answers to subscriptions and what belongs to no feed.
    public var feed: InstrumentID?
    /// By the wall clock.
    public var receiveTime: Timestamp
    /// By a clock that is never set, ns since an unknown instant; 0 if unknown. Only differences mean something.
    public var monotonicTime: Int64
    /// As `TapeRecorder.addConnection` numbered it; 0 in imports.
    public var connection: UInt16
    public var direction: Direction

    public init(
        feed: InstrumentID?, receiveTime: Timestamp, monotonicTime: Int64 = 0, connection: UInt16 = 0, direction: Direction = .received
    ) {
        self.feed = feed
        self.receiveTime = receiveTime
        self.monotonicTime = monotonicTime
        self.connection = connection
        self.direction = direction
    }
}

/// A raw frame as it was kept.
public struct StoredFrame: Hashable, Sendable {
    public var header: FrameHeader
    public var bytes: [UInt8]

    public init(header: FrameHeader, bytes: [UInt8]) {
        self.header = header
        self.bytes = bytes
    }
}
