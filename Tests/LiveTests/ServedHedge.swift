import Foundation
import Market
import Testing

@testable import Runtime

/// Two venues that are served, and a hedge that can be traded on them.
struct ServedHedge {
    let programs: LivePrograms
    private(set) var venues: [ServedVenue]
    /// Of the hedge's accounts.
    let secrets: [String]
    private let symbols = ["BTC_USDC_PERP", "BTC"]

    /// - Parameters:
    ///   - first: More words for the first venue.
    ///   - second: More words for the second one.
    ///   - minutes: How long the venues have a market.
    init(first: [String] = [], second: [String] = [], minutes: Int = 10) throws {
        let programs = try LivePrograms()
        try programs.makeTape(duration: "\(minutes) min")
        let venues = try symbols.enumerated().map { index, symbol in
            try ServedVenue(programs, words: ["--symbols", symbol] + (index == 0 ? first : second))
        }
        (self.programs, self.venues) = (programs, venues)
        // Each venue has the same test accounts: the run takes the first of one and the second of the other.
        secrets = try venues.enumerated().map { index, venue in
            let found = venue.program.out.matches(of: /secret +([^\n]+)/)
            return String(try #require(found.count > index ? found[index] : nil).1)
        }
        try FileManager.default.createDirectory(at: programs.folder.appending(path: "keys"), withIntermediateDirectories: true)
        for (name, secret) in zip(["one", "two"], secrets) {
            try programs.write("keys/\(name)", secret + "\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: programs.path("keys/\(name)"))
        }
        try programs.write("hedge.yaml", Self.scenario)
    }

    private static let scenario = """
        version: 1
        name: hedge
        seed: 7
        venues:
          one: { feed: backpack, profile: backpack }
          two: { feed: lighter, profile: backpack }
        accounts:
          M: { venue: one, collateral: ["100000 USDC"], key: one }
          T: { venue: two, collateral: ["100000 USDC"], key: two }
        strategy:
          name: xemm
          symbol: BTC
          accounts: { maker: M, taker: T }
          parameters: { size: "0.05 BTC", min_net: "-6.8 bp", maker_fee: "2 bp", taker_fee: "5 bp", buffer: "0 bp", warm_up: "1 s" }
        risk: { max_order_notional: "100000 USDC", max_position: "1.5 BTC" }
        reporting: USD
        rates: { "USDC/USD": "1" }
        """

    /// Another one takes the first venue's place, that knows nothing of what has been.
    mutating func replaceFirst(_ more: String...) throws {
        venues[0].program.kill()
        venues[0] = try ServedVenue(programs, port: venues[0].port, words: ["--symbols", symbols[0]] + more)
    }

    private var places: [String] {
        zip(["one", "two"], venues).flatMap { name, venue in
            [
                "--rest", "\(name)=http\(venue.isSecure ? "s" : "")://127.0.0.1:\(venue.port)",
                "--stream", "\(name)=ws\(venue.isSecure ? "s" : "")://127.0.0.1:\(venue.port)",
            ]
        } + ["--keys", "keys", "--state", "state"]
    }

    /// Starts the run, or lets it go on.
    func start(_ more: String...) throws -> RunningProgram { try programs.start(["live", "hedge.yaml", "--yes"] + places + more) }

    /// Lets it go on after a death, as a service does: until its venues answer.
    func goOn() throws -> RunningProgram {
        let end = ContinuousClock.now + LivePrograms.patience
        while true {
            let run = try start()
            while run.isRunning, !run.error.contains("going on 'hedge'") { usleep(20_000) }
            if run.isRunning || ContinuousClock.now > end { return run }
            usleep(500_000)
        }
    }

    /// The same on a machine that gives no more.
    func start(under limit: SystemLimit) throws -> RunningProgram {
        try programs.start(["live", "hedge.yaml", "--yes"] + places, under: limit)
    }

    /// Lets it trade.
    func waitForFills(_ run: RunningProgram, beyond fills: Int64 = 2) throws {
        try run.wait(for: "fills") { _ in (try status()?.counts.fills ?? 0) > fills }
    }

    func status() throws -> RunStatus? {
        let outcome = try programs.live("status", "--json", "--state", "state")
        return outcome.code == 0 ? try? RunStatus(json: outcome.out) : nil
    }

    /// Of all runs, in their order.
    var journals: [String] {
        get throws {
            let folder = programs.path("state/journals")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sqlite") }
            return names.sorted().map { "\(folder)/\($0)" }
        }
    }

    var journal: String { get throws { try #require(try journals.first) } }

    /// What the accounts hold by their venues, in nano-BTC.
    func held() throws -> [Int64] {
        let outcome = try programs.start(["live", "hedge.yaml", "--check"] + places).ended()
        #expect(outcome.code == 0, "\(outcome.error)")
        return ["M", "T"].map { account in
            let pattern = try? Regex("positions +\(account) +[A-Z_]+: (-?[0-9.]+)", as: (Substring, Substring).self)
            guard let pattern, let match = outcome.error.firstMatch(of: pattern) else { return 0 }
            return (try? Decimal.parse(match.output.1, decimals: 9)) ?? .max
        }
    }
}
