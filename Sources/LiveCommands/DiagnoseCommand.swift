internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Live
internal import Market
internal import Network
internal import Runtime
internal import Scenario
internal import Venues

struct DiagnoseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.diagnose.rawValue, abstract: LiveProgram.Word.diagnose.abstract,
        discussion: """
            For each account of the scenario: the venue's rules, its book and clock, what the account has and owes; then an order of \
            the smallest size that rests far from the market is looked for by query, among the open orders and by the private stream, \
            is cancelled and looked for again. With --trade the smallest size is bought at the touch and closed, if that may cost no \
            more than --budget. Ctrl-C cancels what rests and closes what was bought. Exit code 4 if a check fails.

              mmsim diagnose Scenarios/mine.yaml
              mmsim diagnose Scenarios/mine.yaml --trade --budget "1 USDC"
            """)

    @OptionGroup var scenario: ScenarioOptions
    @OptionGroup var live: LiveOptions

    @Flag(help: "Buys and closes the smallest size, too.")
    var trade = false

    @Option(help: ArgumentHelp("The most that a trade may cost, such as \"1 USDC\"; --trade needs it.", valueName: "amount"))
    var budget: String?

    @Flag(help: "Places its orders without asking.")
    var yes = false

    private static func usage(_ text: String, hint: String? = nil) -> Failure { Failure(text, hint: hint, code: Failure.usage) }

    func run() throws {
        let budget = try chosenBudget()
        guard yes || (isatty(0) == 1 && Terminal.isInteractive) else {
            throw Self.usage("it places orders, and nobody is there to be asked", hint: "say --yes if they may be placed")
        }
        let scenario = try self.scenario.load()
        let venues = try live.network.venues(of: scenario)
        let accounts = try live.accounts(of: scenario, venues)
        let (facts, traded) = try inquire(scenario, venues, accounts)
        try check(budget, traded)
        try confirm(scenario, venues, traded)
        // Until here Ctrl-C ends it at once: nothing has been placed.
        Interruption.watch()
        let held = try live.hold(accounts, of: scenario)
        let failed = try withExtendedLifetime(held) {
            try traded.enumerated().reduce(0) { failed, next in
                guard !Interruption.wasRequested else { return failed }
                if next.offset > 0 { Terminal.out("") }
                return failed + (try diagnose(next.element, scenario, venues, accounts, facts, budget, held))
            }
        }
        if Interruption.wasRequested { throw ExitCode(Failure.interrupted) }
        guard failed == 0 else {
            throw Failure("\(failed) \(failed == 1 ? "check" : "checks") failed", hint: nil, code: Failure.check)
        }
        Terminal.out("every check passed")
    }

    /// Returns how many checks failed.
    private func diagnose(
        _ one: Preflight.Traded, _ scenario: Scenario, _ venues: [LiveVenue], _ accounts: [VenueAccount], _ facts: [AccountFacts],
        _ budget: Money?, _ held: HeldAccounts
    ) throws -> Int {
        let account = scenario.accounts[one.account]
        Terminal.out("account \(account.name) at \(account.venue), \(one.instrument.venueSymbol)")
        let found = Diagnosis.checks(facts[one.account], one.instrument)
        found.forEach(Self.tell)
        // Nothing is placed where what it rests on is not known.
        guard let venue = venues.first(where: { $0.name == account.venue }), found.allSatisfy(\.passes) else {
            Terminal.out("no order is placed: see to what failed first")
            return found.count { !$0.passes }
        }
        let terms = try terms(one, facts[one.account], budget, held)
        return try run(DiagnosisRunner(venue.venue, venue.client, accounts[one.account], terms))
    }

    // MARK: Before

    private func chosenBudget() throws -> Money? {
        guard let budget else {
            guard !trade else { throw Self.usage("--trade needs a --budget", hint: "say what it may cost, such as --budget \"1 USDC\"") }
            return nil
        }
        guard trade else { throw Self.usage("--budget limits what --trade costs, and that is not asked for", hint: "add --trade") }
        let amount: Money
        do throws(UnitText.Failure) { amount = try UnitText.amount(budget) } catch {
            throw Self.usage("--budget: \(error.message)", hint: error.hint ?? "write it like \"1 USDC\"")
        }
        guard amount.nanos > 0 else { throw Self.usage("--budget is more than nothing", hint: "write it like \"1 USDC\"") }
        return amount
    }

    private func inquire(
        _ scenario: Scenario, _ venues: [LiveVenue], _ accounts: [VenueAccount]
    ) throws -> (facts: [AccountFacts], traded: [Preflight.Traded]) {
        do {
            let inquirers = try venues.map { try VenueInquirer($0.venue, $0.client) }
            let facts = try scenario.accounts.enumerated().map { number, account in
                let index = venues.firstIndex { $0.name == account.venue } ?? 0
                return try inquirers[index].facts(accounts[number])
            }
            let listed = try zip(venues, inquirers).map { try $1.listing().compactMap(\.instrument) }
            return (facts, try Preflight.traded(scenario, listed: listed, at: WallClock().now))
        } catch let error as NetworkError { throw Failure(error) } catch let error as InquiryError { throw Failure(error) } catch let error
            as RunError
        { throw Failure(error) }
    }

    private func check(_ budget: Money?, _ traded: [Preflight.Traded]) throws {
        guard let budget else { return }
        for one in traded {
            guard one.instrument.kind != .spot else {
                throw Self.usage(
                    "--trade: \(one.instrument.venueSymbol) is spot: what is bought can't be closed to the last lot",
                    hint: "leave --trade out")
            }
            guard one.instrument.quote == budget.currency else {
                throw Self.usage(
                    "--budget is in \(budget.currency)", hint: "\(one.instrument.venueSymbol) is quoted in \(one.instrument.quote)")
            }
        }
    }

    private func confirm(_ scenario: Scenario, _ venues: [LiveVenue], _ traded: [Preflight.Traded]) throws {
        guard !yes else { return }
        for one in traded {
            let account = scenario.accounts[one.account]
            let place = venues.first { $0.name == account.venue }?.client.rest.description ?? ""
            Terminal.error(
                "to be placed on account \(account.name) at \(place): an order of the smallest size in \(one.instrument.venueSymbol)"
                    + (trade ? ", and a trade of it" : ""))
        }
        Terminal.write("type yes to go on: ", to: 2)
        guard readLine()?.trimmingCharacters(in: .whitespaces) == "yes" else { throw Self.usage("nothing was placed") }
    }

    private func terms(
        _ one: Preflight.Traded, _ facts: AccountFacts, _ budget: Money?, _ held: HeldAccounts
    ) throws -> Diagnosis.Terms {
        let block: ClosedRange<UInt32>
        // More than it places at most.
        do throws(StateError) { block = try held.reserve(100) } catch { throw Failure(error) }
        var terms = Diagnosis.Terms(
            account: AccountID(one.account), instrument: InstrumentID(0), contract: one.instrument, clientBase: block.lowerBound - 1)
        terms.distance = Diagnosis.distance(terms.distance, facts.market(one.instrument.venueSymbol))
        if let fees = facts.fees { terms.takerFee = one.instrument.kind == .spot ? fees.spotTaker : fees.contractTaker }
        if let budget {
            let isFlat = facts.positions?.contains { $0.symbol == one.instrument.venueSymbol } == false
            // Reduce-only, it would close some of what is not its own.
            if isFlat {
                terms.budget = budget.nanos
            } else {
                Terminal.out("nothing is traded: there is a position in \(one.instrument.venueSymbol)")
            }
        }
        return terms
    }

    // MARK: Meanwhile

    /// Tells each check as it comes; returns how many failed.
    private func run(_ runner: DiagnosisRunner) throws -> Int {
        do { try runner.start() } catch let error as NetworkError { throw Failure(error) }
        var (told, isLeaving) = (0, false)
        while true {
            let (checks, _, isDone) = runner.soFar
            for check in checks[told...] { Self.tell(check) }
            told = checks.count
            if isDone { break }
            if Interruption.wasRequested, !isLeaving {
                isLeaving = true
                Terminal.error("leaving: what rests is cancelled; Ctrl-C again ends it at once")
                runner.abandon()
            }
            usleep(20_000)
        }
        try runner.stop()
        let (checks, alarms, _) = runner.soFar
        for alarm in alarms { Terminal.error("warning: \(alarm.kind.rawValue): \(alarm.text)") }
        return checks.count { !$0.passes }
    }

    private static func tell(_ check: Diagnosis.Check) {
        let latency = check.latency.map { Decimal.text($0.count / 10_000, decimals: 2, minimum: 2) + " ms" } ?? ""
        let padding = String(repeating: " ", count: max(0, 12 - latency.count))
        Terminal.out("\(padded(check.passes ? "ok" : "failed", 8))\(padded(check.name, 29))\(padding)\(latency)  \(check.text)")
    }

    private static func padded(_ text: String, _ width: Int) -> String { text.padding(toLength: width, withPad: " ", startingAt: 0) }
}
