internal import Foundation
internal import Market
internal import Scenario
internal import Signing
internal import Strategies
internal import Trading
internal import Venues

/// What the sessions of a live run are built from: with it and the core's header the run can be built again.
struct LiveHeader: Codable, Equatable {
    struct Session: Codable, Equatable {
        /// Index among the venues of the core's header.
        var venue: Int
        var speaks: String
        var lanes: Int
        /// Added to an order's number to make its client id.
        var clientBase: UInt32
        var historyFrom: Int64
        var auditEvery: Int64?
        var seed: UInt64
    }

    /// The key of a journal's meta data.
    static let key = "live"

    var sessions: [Session]

    /// - Throws: `DecodingError`, saying which field can't be read.
    init(json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }

    init(sessions: [Session]) { self.sessions = sessions }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("a header of numbers and texts could not be written") }
        return String(decoding: data, as: UTF8.self)
    }
}

extension LiveHeader {
    /// The run as its headers describe it, before anything has come to it.
    ///
    /// - Parameters:
    ///   - account: What signs for an account of a venue.
    ///   - path: Of the journal, for errors.
    func makeLive(
        _ header: RunHeader, _ registry: StrategyRegistry, _ journal: Journal, path: String,
        account: (AccountID, VenueProtocol) -> VenueAccount?
    ) throws(RunError) -> LiveCore {
        func fail() -> RunError { .journal(path: path, message: "'\(path)': what its run was built from makes no sense", hint: nil) }
        let core = try header.makeCore(registry, path: path, journal: journal)
        guard let instruments = header.listedInstruments, header.feeds.count == instruments.count else { throw fail() }
        var made: [any VenueSession] = []
        for session in sessions {
            guard let speaks = VenueProtocol(rawValue: session.speaks), header.venues.indices.contains(session.venue),
                (1...64).contains(session.lanes)
            else { throw fail() }
            var accounts: [VenueAccount] = []
            for index in header.accounts.indices where header.accounts[index].venue == session.venue {
                guard let account = account(AccountID(index), speaks) else { throw fail() }
                accounts.append(account)
            }
            var terms = SessionTerms(
                venue: VenueID(session.venue),
                instruments: instruments.indices.filter { header.feeds[$0].venue == session.venue }.map {
                    (InstrumentID($0), instruments[$0])
                },
                accounts: accounts)
            (terms.lanes, terms.clientBase, terms.seed) = (session.lanes, session.clientBase, session.seed)
            terms.historyFrom = Timestamp(nanoseconds: session.historyFrom)
            terms.auditEvery = session.auditEvery.map { Nanoseconds(count: $0) }
            made.append(speaks.session(terms))
        }
        var owners: [Int] = []
        for account in header.accounts {
            guard let session = sessions.firstIndex(where: { $0.venue == account.venue }) else { throw fail() }
            owners.append(session)
        }
        return LiveCore(core, made, sessionOfAccount: owners)
    }
}
