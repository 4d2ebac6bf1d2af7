import Foundation
import Testing

/// An account is diagnosed as a user does it, at a venue that is served beside.
@Suite(.serialized) struct DiagnoseTests {
    private static let symbol = "BTC_USDC_PERP"
    private let programs: LivePrograms

    init() throws { programs = try LivePrograms() }

    private func write(_ accounts: String = "M: { venue: bp, key: main, collateral: [\"1000 USDC\"] }", venue: String = "backpack") throws {
        try programs.write(
            "s.yaml",
            """
            version: 1
            name: trial
            seed: 1
            tapes: ["made.tape"]
            venues: { bp: { feed: backpack, profile: \(venue), margin_check: none } }
            accounts: { \(accounts) }
            symbols: { BTC: { bp: \(Self.symbol) } }
            strategy: { name: diagnostics, symbol: BTC, accounts: { account: M }, parameters: { budget: "1 USDC" } }
            reporting: USD
            rates: { "USDC/USD": "1" }
            """)
    }

    private func putKey(_ secret: String) throws {
        try FileManager.default.createDirectory(at: programs.folder.appending(path: "keys"), withIntermediateDirectories: true)
        try programs.write("keys/main", secret + "\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: programs.path("keys/main"))
    }

    private func serve() throws -> (venue: ServedVenue, secret: String) {
        try programs.makeTape()
        let venue = try ServedVenue(programs)
        let secret = String(try #require(venue.program.out.firstMatch(of: /secret +([^\n]+)/)).1)
        try putKey(secret)
        try write()
        return (venue, secret)
    }

    private func diagnose(_ venue: ServedVenue, _ more: String...) throws -> RunningProgram {
        try programs.start(["diagnose", "s.yaml", "--yes", "--keys", "keys", "--state", "state"] + venue.place + more)
    }

    /// What each check of an output is called, `-` before those that failed.
    private static func checks(_ out: String) -> [String] {
        out.split(separator: "\n").compactMap { line in
            guard let row = line.firstMatch(of: #/^(ok|failed) +(\S.*?)  /#) else { return nil }
            return (row.1 == "ok" ? "" : "-") + row.2
        }
    }

    private static let all = [
        "clock", "rules", "fees", "balances", "margin", "positions", "open orders", "connected", "book", "order, by private stream",
        "order acknowledged", "order, by query", "order, by open orders", "cancelled, by private stream", "cancelled, by query",
        "cancelled, by open orders",
    ]

    @Test func `an account that works passes every check, each time by ids of its own, and no secret is told`() throws {
        let (venue, secret) = try serve()
        let first = try diagnose(venue).ended()
        #expect((first.code, first.error) == (0, ""), "\(first.out)")
        #expect(first.out.hasPrefix("account M at bp, \(Self.symbol)\n") && first.out.hasSuffix("\nevery check passed\n"))
        // The answer and the stream come in either order.
        #expect(Self.checks(first.out).sorted() == Self.all.sorted(), "\(first.out)")
        #expect(first.out.contains("client id 1 is gone"))
        // The folders from the environment, and the venue by its name.
        let words =
            ["diagnose", "s.yaml", "--yes", "--trade", "--budget", "5 USDC"] + venue.place.map { $0.hasPrefix("--") ? $0 : "bp=\($0)" }
        let second = try programs.start(
            LivePrograms.executable("mmsim-live"), words, ["MMSIM_KEYS": "keys", "MMSIM_STATE": "state"]
        ).ended()
        #expect((second.code, second.error) == (0, ""), "\(second.out)")
        #expect(Self.checks(second.out).sorted() == (Self.all + ["budget", "bought", "closed", "spent"]).sorted(), "\(second.out)")
        #expect(second.out.contains("client id 101 is gone"))
        #expect(!(first.out + second.out).contains(secret))
        #expect(try venue.program.interrupt().code == 130)
    }

    @Test func `a key that the venue doesn't know fails, and nothing is placed`() throws {
        let (venue, _) = try serve()
        try putKey("TU1TSU0tQkFDS1BBQ0stVEVTVC1TRUVELTAwMDEhISE=")
        let refused = try diagnose(venue).ended()
        #expect(refused.code == 4 && refused.error == "error: 4 checks failed\n", "\(refused.error)")
        #expect(
            Self.checks(refused.out).filter { $0.hasPrefix("-") } == ["-account", "-balances", "-positions", "-open orders"],
            "\(refused.out)")
        #expect(refused.out.hasSuffix("no order is placed: see to what failed first\n"))
    }

    @Test func `a key that others can read is refused before the venue is asked`() throws {
        let (venue, _) = try serve()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: programs.path("keys/main"))
        let refused = try diagnose(venue).ended()
        #expect((refused.code, refused.out) == (2, ""))
        #expect(
            refused.error.hasPrefix("error: the key 'keys/main' is open to others: its mode is 644\nhint: chmod 600 'keys/main'"),
            "\(refused.error)")
    }

    @Test func `an account is traded by one process; one that is killed lets it go`() throws {
        let (venue, _) = try serve()
        let first = try diagnose(venue)
        try first.wait(for: "begun") { $0.out.contains("account M at bp") }
        let second = try diagnose(venue).ended()
        #expect((second.code, second.out) == (2, ""))
        #expect(
            second.error.wholeMatch(
                of: /error: account 'M' is in use by the run of 'trial' \(process [0-9]+\)\nhint: stop it first: [^\n]+\n/) != nil,
            "\(second.error)")
        first.kill()
        let third = try diagnose(venue).ended()
        #expect(third.code == 0, "\(third.out)\(third.error)")
        // What the killed one had reserved is not used again.
        #expect(third.out.contains("client id 101 is gone"))
    }

    @Test func `Ctrl-C leaves nothing behind`() throws {
        let (venue, _) = try serve()
        let begun = try diagnose(venue)
        try begun.wait(for: "connected") { $0.out.contains("ok      connected") }
        let ended = try begun.interrupt()
        #expect(ended.code == 130 && !ended.out.contains("failed"), "\(ended.out)")
        let again = try diagnose(venue).ended()
        #expect(again.code == 0 && again.out.contains("open orders                                none"), "\(again.out)")
    }

    @Test func `a venue that is not there is told with its place`() throws {
        let (venue, _) = try serve()
        #expect(try venue.program.interrupt().code == 130)
        let refused = try diagnose(venue).ended()
        #expect((refused.code, refused.out) == (1, ""))
        #expect(refused.error.hasPrefix("error: backpack can't be reached at http://127.0.0.1:\(venue.port): "), "\(refused.error)")
    }

    @Test(arguments: [
        ([], "error: it places orders, and nobody is there to be asked\nhint: say --yes if they may be placed\n"),
        (["--yes", "--trade"], "error: --trade needs a --budget\nhint: "),
        (["--yes", "--budget", "1 USDC"], "error: --budget limits what --trade costs, and that is not asked for\nhint: "),
        (["--yes", "--trade", "--budget", "much"], "error: --budget: "),
        (["--yes", "--rest", "lighter=http://127.0.0.1:1"], "error: --rest: there is no venue 'lighter'\nhint: there is bp\n"),
        (["--yes", "--rest", "bp=http://127.0.0.1:1"], "error: --rest alone leaves the other at bp itself\nhint: "),
        (["--yes", "--rest", "http://a", "--rest", "bp=http://b"], "error: --rest places bp twice\nhint: "),
        (["--yes", "--keys", "keys"], "error: there is no key 'keys/main'\nhint: put the secret that the venue gave you there: "),
    ])
    func `what can't begin says why`(words: [String], start: String) throws {
        try write()
        let refused = try programs.start(["diagnose", "s.yaml"] + words).ended()
        #expect((refused.code, refused.out) == (2, ""))
        #expect(refused.error.hasPrefix(start), "\(refused.error)")
    }

    @Test func `accounts without a key, of one key, or at a venue whose protocol is not spoken`() throws {
        try write("M: { venue: bp, collateral: [\"1000 USDC\"] }")
        let words = ["diagnose", "s.yaml", "--yes", "--keys", "keys", "--state", "state"]
        let nameless = try programs.start(words).ended()
        #expect(
            nameless.code == 2 && nameless.error == "error: account 'M' names no key\nhint: name the file that holds it: accounts.M.key\n")
        try write(venue: "lighter-standard")
        let unspoken = try programs.start(words).ended()
        #expect(unspoken.code == 2)
        #expect(
            unspoken.error.hasPrefix(
                "error: venue 'bp': the protocol of 'lighter-standard' is not spoken yet\nhint: what is spoken: backpack;"),
            "\(unspoken.error)")
        let (venue, _) = try serve()
        let two = "M: { venue: bp, key: main, collateral: [\"1 USDC\"] }, N: { venue: bp, key: main, collateral: [\"1 USDC\"] }"
        try write(two)
        let same = try diagnose(venue).ended()
        #expect(same.code == 2 && same.error.hasPrefix("error: the keys of 'M' and 'N' are one"), "\(same.error)")
    }
}
