public import Market
public import Signing

/// A venue's protocol that is spoken here: where the venue is, what it lists, and the session that speaks it.
///
/// A scenario's venue speaks the protocol that its profile's name begins with.
public enum VenueProtocol: String, Hashable, Sendable, CaseIterable {
    case backpack

    /// - Parameter profile: The name of a venue's profile, such as `backpack` or one of its tiers.
    public init?(profile: String) {
        guard let found = Self.allCases.first(where: { profile == $0.rawValue || profile.hasPrefix($0.rawValue + "-") }) else { return nil }
        self = found
    }

    /// Where the venue itself takes requests, and where its streams come from.
    public var home: (rest: String, stream: String) {
        switch self {
        case .backpack: ("https://api.backpack.exchange", "wss://ws.backpack.exchange")
        }
    }

    /// Asks the venue what it lists.
    public var listing: HTTPRequest {
        switch self {
        case .backpack: BackpackRequest.markets.unsigned
        }
    }

    /// What the venue lists, by the answer to `listing`; an instrument that can't be traded here is nil.
    ///
    /// - Throws: Where the answer can't be read.
    public func listed(_ answer: [UInt8]) throws(ListingFailure) -> [(symbol: String, instrument: Instrument?)] {
        switch self {
        case .backpack:
            do { return try BackpackMarket.list(answer).map { ($0.symbol, $0.instrument) } } catch {
                throw ListingFailure(offset: error.offset, expected: error.expected)
            }
        }
    }

    /// - Parameter secret: As the venue gives it.
    /// - Throws: Where the secret has not the form of one.
    public func account(_ id: AccountID, secret: String) throws(KeyError) -> VenueAccount {
        switch self {
        case .backpack: .backpack(BackpackAccount(id, key: try Ed25519SecretKey(base64: secret)))
        }
    }

    /// What the venue is asked about an account before a run begins.
    public func inquiry(_ account: VenueAccount) -> any VenueInquiry {
        switch account {
        case .backpack(let account): BackpackInquiry(account)
        }
    }

    public func session(_ terms: SessionTerms) -> any VenueSession {
        switch self {
        case .backpack:
            let accounts = terms.accounts.map { account in
                switch account {
                case .backpack(let account): account
                }
            }
            var configuration = BackpackSession.Configuration(venue: terms.venue, instruments: terms.instruments, accounts: accounts)
            (configuration.lanes, configuration.seed, configuration.clientBase) = (terms.lanes, terms.seed, terms.clientBase)
            (configuration.historyFrom, configuration.auditEvery) = (terms.historyFrom, terms.auditEvery)
            return BackpackSession(configuration)
        }
    }
}

/// Where an answer stopped being a list of what a venue lists.
public struct ListingFailure: Error, Hashable, Sendable {
    public var offset: Int
    public var expected: String
}

/// One login at a venue, with what signs for it.
public enum VenueAccount: Sendable {
    case backpack(BackpackAccount)

    public var id: AccountID {
        switch self {
        case .backpack(let account): account.id
        }
    }

    /// What the venue calls it by: no secret.
    public var publicName: String {
        switch self {
        case .backpack(let account): account.key.publicKey.base64
        }
    }
}

/// What a session serves.
public struct SessionTerms: Sendable {
    public var venue: VenueID
    public var instruments: [(id: InstrumentID, instrument: Instrument)]
    public var accounts: [VenueAccount]
    /// Connections for orders; questions go by one more.
    public var lanes = 4
    /// Added to an order's number to make its client id.
    public var clientBase: UInt32 = 0
    /// When the run first began, by the venue's clock: what was traded before is none of it.
    public var historyFrom = Timestamp.distantPast
    /// How often books are compared with the venue's own; nil: never.
    public var auditEvery: Nanoseconds?
    /// Of the waits before sockets are opened again.
    public var seed: UInt64 = 1

    public init(venue: VenueID, instruments: [(id: InstrumentID, instrument: Instrument)], accounts: [VenueAccount]) {
        (self.venue, self.instruments, self.accounts) = (venue, instruments, accounts)
    }
}
