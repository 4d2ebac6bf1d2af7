internal import Commands
internal import Foundation
internal import Live
internal import Market
internal import Network
internal import Runtime
internal import Scenario
internal import Signing
internal import Venues

/// What stands between a scenario and its live run: accounts and their locks, what the venues tell, the run of before.
struct LiveStart {
    private let scenario: Scenario
    private let venues: [LiveVenue]
    private let accounts: [VenueAccount]
    private let held: HeldAccounts
    private let state: StateFolder
    private let journalPath: String
    /// The run that goes on; nil: a new one begins.
    private let before: AccountState.Run?
    private let listed: [[Instrument]]
    private let facts: [AccountFacts]
    private let clock = WallClock()

    var goesOn: Bool { before != nil }

    /// Takes the accounts, and asks the venues.
    init(_ scenario: Scenario, _ options: LiveOptions, journal: String?, isNew: Bool) throws {
        self.scenario = scenario
        venues = try options.network.venues(of: scenario)
        accounts = try options.accounts(of: scenario, venues)
        held = try options.hold(accounts, of: scenario)
        state = options.stateFolder
        before = isNew ? nil : try Self.before(held, scenario)
        journalPath = before?.journal ?? journal ?? Self.newJournal(scenario.name, state, clock.now)
        if before == nil, FileManager.default.fileExists(atPath: journalPath) {
            throw Failure("'\(journalPath)' is there already", hint: "name another --journal: none is overwritten", code: Failure.usage)
        }
        (listed, facts) = try Self.ask(venues, accounts, scenario)
    }

    private static func newJournal(_ name: String, _ state: StateFolder, _ now: Timestamp) -> String {
        let time = now.iso8601.prefix(19).filter { $0 != ":" && $0 != "-" }
        return "\(state.path)/journals/\(name)-\(time).sqlite"
    }

    /// The run that all of the accounts belong to; nil where none belongs to any.
    private static func before(_ held: HeldAccounts, _ scenario: Scenario) throws -> AccountState.Run? {
        let runs = held.accounts.map(\.run)
        guard let run = runs.compactMap({ $0 }).first else { return nil }
        if let other = zip(held.accounts, runs).first(where: { $1 != run }) {
            throw Failure(
                "account '\(other.0.name)' is not of the run of '\(run.scenario)' (\(run.journal)), and another account is",
                hint: "let each of them go on with its own scenario, or begin anew with --new", code: Failure.usage)
        }
        let file: LiveJournalFile
        do throws(RunError) { file = try LiveJournalFile(opening: run.journal) } catch {
            throw Failure(
                "the run of '\(run.scenario)' can't go on: \(error.message)",
                hint: "see to what its accounts hold, then begin anew with --new", code: Failure.data)
        }
        // It was ended in order, and killed before it could be forgotten.
        guard !file.isComplete else { return nil }
        guard file.scenarioHash == scenario.hash.description else {
            let changes = ScenarioDifference(from: file.scenario, to: scenario.canonicalText).changes.map(\.text)
            throw Failure(
                "the run that was stopped had another scenario: \(changes.prefix(8).joined(separator: "; "))",
                hint: "let it go on with the scenario as it was, or begin anew with --new", code: Failure.usage)
        }
        return run
    }

    private static func ask(
        _ venues: [LiveVenue], _ accounts: [VenueAccount], _ scenario: Scenario
    ) throws -> (listed: [[Instrument]], facts: [AccountFacts]) {
        var listed: [[Instrument]] = []
        var facts = [AccountFacts?](repeating: nil, count: accounts.count)
        for venue in venues {
            do {
                let inquirer = try VenueInquirer(venue.venue, venue.client)
                listed.append(try inquirer.listing().compactMap(\.instrument))
                for (index, account) in scenario.accounts.enumerated() where account.venue == venue.name {
                    facts[index] = try inquirer.facts(accounts[index])
                }
            } catch let error as NetworkError { throw Failure(error) } catch let error as InquiryError { throw Failure(error) }
        }
        return (listed, facts.map { $0 ?? AccountFacts() })
    }

    // MARK: Before it

    /// What is to be known, and what stands against it.
    func preflight() throws -> [Preflight.Finding] {
        do throws(RunError) {
            let traded = try Preflight.traded(scenario, listed: listed, at: clock.now)
            let text: String?
            do throws(StateError) { text = try state.confirmed(scenario.name) } catch {
                throw .output(path: state.path, message: error.message)
            }
            return Preflight(
                scenario, facts: facts, traded: traded,
                freeDisk: StateFolder.freeBytes(at: (journalPath as NSString).deletingLastPathComponent),
                goesOn: goesOn, confirmed: text.map { .before(ScenarioDifference(from: $0, to: scenario.canonicalText)) } ?? .never
            ).findings
        } catch { throw Failure(error) }
    }

    func noteConfirmed() throws {
        do { try state.confirm(scenario.name, scenario.canonicalText) } catch { throw Failure(error) }
    }

    // MARK: The run

    /// - Parameter progress: Told how much of its journal a run that goes on has been fed.
    func makeRunner(progress: (Int) -> Void) throws -> (run: LiveRun, runner: LiveRunner) {
        do {
            let run = try before.map { try rebuilt($0, progress) } ?? begun()
            return (run, LiveRunner(run, clients: run.venues.map { client(of: $0) }, clock: clock))
        } catch let error as RunError { throw Failure(error) } catch let error as StateError { throw Failure(error) }
    }

    private func client(of venue: Int) -> VenueClient.Configuration {
        var client = venues[venue].client
        client.lanes = LiveRun.lanes + 1
        return client
    }

    private func account(_ id: AccountID, _ speaks: VenueProtocol) -> VenueAccount? { accounts.first { $0.id == id } }

    private func rebuilt(_ before: AccountState.Run, _ progress: (Int) -> Void) throws -> LiveRun {
        try LiveRun.rebuild(
            journal: before.journal, registry: Mmsim.strategies, numbers: RunNumbers(held, goingOnFrom: before.clientBase),
            account: account, progress: progress)
    }

    private func begun() throws -> LiveRun {
        let plan = try LivePlan(scenario, listed: listed, at: clock.now).holding(balances)
        let numbers = try RunNumbers(held)
        let clocks = scenario.venues.map { venue in
            scenario.accounts.firstIndex { $0.venue == venue.name }.map { facts[$0].clock } ?? ClockOffset()
        }
        let terms = LiveRun.Terms(
            clientBases: scenario.venues.map { _ in numbers.clientBase }, clocks: clocks, seed: .random(in: 0 ... .max))
        let folder = (journalPath as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw RunError.output(path: folder, message: error.localizedDescription) }
        let run = try LiveRun.begin(
            plan, terms, registry: Mmsim.strategies, journal: journalPath, numbers: numbers, account: account)
        let path = URL(filePath: journalPath).standardizedFileURL.path
        for account in held.accounts {
            try account.begin(.init(journal: path, scenario: scenario.name, clientBase: numbers.clientBase))
        }
        return run
    }

    /// By account: what it really holds of what the scenario says that it does.
    private var balances: [[Money]] {
        zip(scenario.accounts, facts).map { account, facts in
            account.collateral.map { stated in
                let holding = facts.holdings?.first { $0.asset == stated.currency.code }
                return Money(nanos: holding?.total ?? 0, stated.currency)
            }
        }
    }

    func makeDesk(_ run: LiveRun) -> RunDesk {
        RunDesk(run, scenario, registry: Mmsim.strategies, process: getpid(), began: clock.now)
    }

    /// Lets other commands see and steer it, by its scenario's name.
    func serveControl(_ runner: LiveRunner, _ desk: RunDesk) throws {
        try runner.serveControl(path: ControlSocket.path(state: state.path, run: scenario.name), desk)
    }

    func noteEnd() throws {
        do throws(StateError) { for account in held.accounts { try account.end() } } catch { throw Failure(error) }
    }
}
