internal import Foundation
public import Market

/// How a run is at one moment, in names and decimal texts: for people, and as JSON for programs.
public struct RunStatus: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable {
        /// The venues have still to tell what an earlier process missed.
        case catchingUp = "catching up"
        case running
        /// Nothing is sent any more.
        case stopped
    }

    public struct Strategy: Hashable, Sendable, Codable {
        public var name: String
        public var phase: String
        public var cyclesDone: Int?
        /// Why it takes no new risk.
        public var frozen: String?
        /// Parameters that are not the scenario's any more.
        public var changed: [String: String]
        public var exposure: Exposure?
    }

    /// Of a hedge group, in its base currency.
    public struct Exposure: Hashable, Sendable, Codable {
        public var currency: String
        /// What confirmed fills leave open.
        public var pending: String
        /// What hedges that are on their way would change of it.
        public var inFlight: String
        /// What is still to be hedged.
        public var need: String
        public var sinceMilliseconds: Int64?
        public var state: String
        public var failures: Int
    }

    public struct Venue: Hashable, Sendable, Codable {
        public var name: String
        public var streams: [Stream]
        /// The venue's time less ours, and how far that may be off.
        public var clockOffsetMilliseconds: String
        public var clockErrorMilliseconds: String?
        public var books: [Book]
    }

    public struct Stream: Hashable, Sendable, Codable {
        /// An account's name, or `public`.
        public var name: String
        public var state: String
        /// Since something came last; nil if nothing ever did.
        public var silentMilliseconds: Int64?
    }

    public struct Book: Hashable, Sendable, Codable {
        public var instrument: String
        public var state: String
        /// nil if it never was there.
        public var ageMilliseconds: Int64?
        public var bid: String?
        public var ask: String?
    }

    public struct Account: Hashable, Sendable, Codable {
        public var name: String
        public var venue: String
        public var balances: [Amount]
        public var positions: [Position]
        public var orders: [Order]
        public var requests: Requests?
    }

    public struct Amount: Hashable, Sendable, Codable {
        public var currency: String
        public var amount: String
        /// With what open positions would add to it, where it is what contracts settle in.
        public var equity: String?
    }

    public struct Position: Hashable, Sendable, Codable {
        public var instrument: String
        public var quantity: String
        /// By the book's mid; nil without one.
        public var value: String?
        public var currency: String
    }

    public struct Order: Hashable, Sendable, Codable {
        public var id: UInt64
        public var strategy: String
        public var instrument: String
        public var side: String
        public var quantity: String
        public var filled: String
        /// nil: at any price.
        public var price: String?
        public var purpose: String
        /// `submitting`, `open` or, where it is unknown how it ended, `ended`; with a request that is on its way.
        public var state: String
        public var ageMilliseconds: Int64
        /// How long nobody has told what became of a request on it; nil: all is known.
        public var unknownMilliseconds: Int64?
    }

    public struct Requests: Hashable, Sendable, Codable {
        public var used: Int
        public var limit: Int
        public var reserved: Int
        public var perSeconds: Int64
    }

    public struct Counts: Hashable, Sendable, Codable {
        public var orders: Int64
        public var fills: Int64
        public var lateFills: Int64
        public var rejects: Int64
        public var denials: Int64
        public var unknowns: Int64
        public var liquidations: Int64
        public var alarms: Int64
    }

    public struct Remark: Hashable, Sendable, Codable {
        public var time: String
        public var source: String
        public var text: String
    }

    public struct Journal: Hashable, Sendable, Codable {
        public var records: Int64
        /// How long the oldest record has waited for the disk.
        public var lagMilliseconds: Int64

        public init(records: Int64, lag: Nanoseconds) { (self.records, lagMilliseconds) = (records, lag.count / 1_000_000) }
    }

    public var run: String
    public var scenario: String
    public var process: Int32
    public var time: String
    public var uptimeSeconds: Int64
    public var state: State
    /// How much was killed, such as `K2 cancel all`.
    public var kill: String?
    public var strategies: [Strategy]
    public var venues: [Venue]
    public var accounts: [Account]
    public var counts: Counts
    /// The last ones, oldest first.
    public var alarms: [Remark]
    public var notes: [Remark]
    public var journal: Journal

    /// On one line, its keys in order.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("a status of numbers and texts could not be written") }
        return String(decoding: data, as: UTF8.self)
    }

    /// - Throws: `DecodingError` where it is no status.
    public init(json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }
}
