public import Market
internal import Signing
internal import Simulation
internal import Tape
internal import Trading
public import VenueServers

/// A recorded market as a venue that speaks Backpack's protocol, with accounts to try it with.
public struct ServedTape {
    public struct Account: Sendable {
        public var name: String
        /// Base64 of the 32 bytes of its seed, as the venue's own clients take it. It stands for nothing: anybody may know it.
        public var secret: String
        public var publicKey: String
    }

    public struct Options: Sendable {
        public var accounts = 2
        public var collateral = [Money]()
        /// The venue's own symbols; empty: all.
        public var symbols: [String] = []
        public var requestsPerMinute: Int? = 2_000

        public init() {}
    }

    public let server: BackpackServer
    public let instruments: [Instrument]
    public let accounts: [Account]
    /// By instrument: records, their venue times corrected.
    public let feeds: [any MarketSource]
    /// By instrument: its feed has no full book.
    public let trustsTouch: [Bool]
    /// What is not as at the venue.
    public let warnings: [String]

    /// - Throws: `RunError` when a tape can't be read, holds nothing to serve, or a symbol is not in it.
    public init(tapes: [String], _ options: Options) throws(RunError) {
        let catalog = try TapeCatalog(tapes)
        var chosen = catalog.feeds.filter { $0[0].summary.description.instrument.kind != .inverse }
        if !options.symbols.isEmpty {
            chosen = try options.symbols.map { (symbol) throws(RunError) in
                guard let feed = chosen.first(where: { $0[0].summary.description.instrument.venueSymbol == symbol }) else {
                    let known = chosen.map { $0[0].summary.description.instrument.venueSymbol }
                    throw .scenario(
                        message: "no tape holds '\(symbol)'",
                        hint: Spelling.hint(symbol, known) ?? "the tapes hold \(known.joined(separator: ", "))")
                }
                return feed
            }
        }
        let names = chosen.map { $0[0].summary.description.instrument.venueSymbol }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw .scenario(
                message: "'\(twice)' is recorded at two venues", hint: "choose the symbols to serve, or cut the tape to one venue")
        }
        guard !chosen.isEmpty else { throw .scenario(message: "there is nothing on the tape that can be served", hint: nil) }
        instruments = chosen.map { $0[0].summary.description.instrument }
        trustsTouch = chosen.map { !$0.contains { $0.summary.hasSnapshot } }
        feeds = chosen.enumerated().map { TapeCatalog.source($1, instrument: InstrumentID($0), minimumLatency: .milliseconds(1)) }
        let keys = (0..<options.accounts).map { Self.seed($0) }
        let margin = Self.margin(instruments)
        warnings = margin.warnings
        let venue = Self.venue(instruments, margin.terms, options)
        var configuration = BackpackServer.Configuration(
            venue: venue,
            accounts: keys.enumerated().map { index, seed in
                .init(id: AccountID(index), name: "test-\(index + 1)", key: Self.key(seed).publicKey)
            })
        configuration.requestsPerMinute = options.requestsPerMinute
        server = BackpackServer(configuration)
        accounts = keys.enumerated().map { index, seed in
            Account(name: "test-\(index + 1)", secret: Base64.text(seed), publicKey: Self.key(seed).publicKey.base64)
        }
    }

    /// The seed of a test account's key: the same for every server.
    private static func seed(_ account: Int) -> [UInt8] {
        let text = Array("mmsim test account \(account + 1)".utf8)
        return Array((text + [UInt8](repeating: UInt8(ascii: "!"), count: 32)).prefix(32))
    }

    private static func key(_ seed: [UInt8]) -> Ed25519SecretKey {
        guard let key = try? Ed25519SecretKey(seed.span) else { preconditionFailure("32 bytes are a key") }
        return key
    }

    private static func margin(_ instruments: [Instrument]) -> (terms: VenueConfiguration.Margin?, warnings: [String]) {
        let profile = VenueProfile.backpack
        let contracts = instruments.filter { $0.kind != .spot }
        let unknown = contracts.filter { profile.marginTable($0.symbol) == nil }.map(\.venueSymbol)
        guard let rules = profile.marginRules?.value, let fee = profile.liquidationFee?.value, !contracts.isEmpty, unknown.isEmpty else {
            let names = unknown.joined(separator: ", ")
            return (nil, unknown.isEmpty ? [] : ["the margin of \(names) is not known: no margin is asked for, and nobody is liquidated"])
        }
        let tables = instruments.map { $0.kind == .spot ? nil : profile.marginTable($0.symbol)?.value }
        return (VenueConfiguration.Margin(rules: rules, tables: tables, liquidationFee: fee), [])
    }

    private static func venue(
        _ instruments: [Instrument], _ margin: VenueConfiguration.Margin?, _ options: Options
    ) -> VenueConfiguration {
        let profile = VenueProfile.backpack
        var venue = VenueConfiguration(
            listings: instruments.enumerated().map { index, instrument in
                var listing = VenueConfiguration.Listing(id: InstrumentID(index), instrument: instrument)
                listing.band = profile.priceBands.first { $0.value.symbol == instrument.venueSymbol }?.value
                return listing
            },
            accounts: (0..<options.accounts).map { index in
                VenueConfiguration.Account(
                    id: AccountID(index), collateral: options.collateral, makerFee: profile.makerFee?.value ?? .zero,
                    takerFee: profile.takerFee?.value ?? .zero, entryLatency: .zero, responseLatency: .zero)
            }, spotFee: .received)
        (venue.margin, venue.feeRounding) = (margin, profile.feeRounding?.value ?? .finest)
        venue.selfTrade = profile.selfTrade?.value == .expireTaker ? .expireTaker : .expireMaker
        return venue
    }
}
