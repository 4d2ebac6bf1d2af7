internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Live
internal import Market
internal import Network
internal import Runtime
internal import Scenario

struct LiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.live.rawValue, abstract: LiveProgram.Word.live.abstract,
        discussion: """
            Looks at the venues and the accounts first and begins nothing that is refused: a position or an order that no run explains, a \
            clock that is off, no room on the disk. Then it asks you to type the scenario's name.

            Everything that comes and goes is kept in a journal. Ctrl-C (or `mmsim stop`) withdraws what is quoted, waits until no order \
            is open and ends; a second Ctrl-C ends at once. A run that was killed, or that ended while it held something, goes on with \
            the same command: it asks the venues what it missed, hedges first and quotes later. --new begins another run in its place.

              mmsim live Scenarios/mine.yaml
            """)

    @OptionGroup var options: ScenarioOptions
    @OptionGroup var live: LiveOptions

    @Option(help: ArgumentHelp("The journal of a new run. Default: in the state's folder.", valueName: "file"))
    var journal: String?

    @Option(
        help: ArgumentHelp(
            "Heartbeat, notices and metrics. Default: ~/.config/mmsim/live.yaml, where it is there.", valueName: "file"))
    var config: String?

    @Flag(help: "Asks for no confirmation: for machines.")
    var yes = false

    @Flag(name: .customLong("new"), help: "Begins a new run where one was killed or stopped that could go on.")
    var isNew = false

    @Flag(name: .customLong("check"), help: "Looks at venues and accounts, tells what it finds, and begins nothing.")
    var onlyChecks = false

    @Flag(help: "Tells alarms alone while it goes on.")
    var quiet = false

    func run() throws {
        let scenario = try options.load()
        let start = try LiveStart(scenario, live, journal: journal, isNew: isNew)
        let findings = try start.preflight()
        Terminal.error(Preflight.table(findings))
        guard Preflight.verdict(findings) != .refused else {
            throw Failure("nothing was begun", hint: "see what is refused above", code: Failure.check)
        }
        guard !onlyChecks else { return }
        try confirm(scenario, start)
        Interruption.watch()
        let telemetry = try telemetry()
        var told = ContinuousClock.now
        let (run, runner) = try start.makeRunner { count in
            guard !quiet, ContinuousClock.now - told >= .seconds(2) else { return }
            told = ContinuousClock.now
            Terminal.error("rebuilding the run from its journal: \(count) records")
        }
        let desk = start.makeDesk(run)
        do { try runner.start(goesOn: start.goesOn) } catch let error as RunError { throw Failure(error) }
        Terminal.error("\(start.goesOn ? "going on" : "trading") '\(scenario.name)'; Ctrl-C ends it; journal: \(run.journal.path)")
        do { try start.serveControl(runner, desk) } catch let error as ControlError {
            Terminal.error("warning: the run can't be seen or steered from outside: \(error.message)")
        }
        watch(runner, desk, telemetry)
        let ending = Result { try end(runner, start) }
        let last = desk.status(at: WallClock().now)
        telemetry?.stop(last, because: "ended")
        try ending.get()
    }

    /// What tells the world of the run; nil where nobody is to be told.
    private func telemetry() throws -> Telemetry? {
        let environment = ProcessInfo.processInfo.environment
        guard let path = config ?? LiveSettings.usualPath(environment: environment) else { return nil }
        let keys = live.keyFolder
        do {
            let settings = try LiveSettings(path: path)
            var means = Telemetry.Means(credential: { try keys.token($0) }, log: { Terminal.error("telemetry: \($0)") })
            means.trust = TLSTrust(authorities: live.network.places.authorities)
            means.proxies = ProxySettings(environment: environment)
            let telemetry = try Telemetry(settings, means)
            if let port = try telemetry.start() { Terminal.error("metrics: http://127.0.0.1:\(port)/metrics") }
            return telemetry
        } catch let error as ScenarioError { throw Failure(error) } catch let error as CredentialError { throw Failure(error) } catch let
            error as NetworkError
        { throw Failure(error) }
    }

    private func confirm(_ scenario: Scenario, _ start: LiveStart) throws {
        if !yes {
            guard isatty(0) == 1 else {
                throw Failure("nobody is there to confirm", hint: "run it in a terminal, or give --yes", code: Failure.usage)
            }
            Terminal.write("This trades '\(scenario.name)' for real. Type its name to begin: ", to: 2)
            guard readLine(strippingNewline: true)?.trimmingCharacters(in: .whitespaces) == scenario.name else {
                throw Failure("it was not confirmed: nothing was begun", hint: nil, code: Failure.usage)
            }
        }
        try start.noteConfirmed()
    }

    /// Tells what happens until somebody ends it.
    private func watch(_ runner: LiveRunner, _ desk: RunDesk, _ telemetry: Telemetry?) {
        var (last, observed) = (ContinuousClock.now, ContinuousClock.now)
        while !Interruption.wasRequested, !runner.wantsStop {
            usleep(50_000)
            tell(runner)
            if let telemetry, ContinuousClock.now - observed >= .seconds(1) {
                observed = ContinuousClock.now
                if let (status, time) = try? runner.look({ (desk.status(at: $1), $1) }) { telemetry.observe(status, at: time) }
            }
            guard !quiet, ContinuousClock.now - last >= .seconds(60) else { continue }
            last = ContinuousClock.now
            let counters = runner.soFar
            Terminal.error("\(counters.frames) frames, \(counters.requests) requests")
        }
    }

    private func tell(_ runner: LiveRunner) {
        for notice in runner.takeNotices() where notice.isAlarm || !quiet {
            Terminal.error("\(notice.time.iso8601.prefix(23)) \(notice.isAlarm ? "ALARM " : "")\(notice.kind.rawValue): \(notice.text)")
        }
    }

    private func end(_ runner: LiveRunner, _ start: LiveStart) throws {
        Terminal.error("ending: what is quoted is withdrawn")
        let ending: LiveRun.Ending
        do { ending = try runner.stop() } catch let error as RunError {
            tell(runner)
            throw Failure(error)
        }
        tell(runner)
        switch ending {
        case .complete:
            try start.noteEnd()
            Terminal.error("the run is over: nothing is held, and its journal is complete")
        case .suspended(let reason):
            Terminal.error("the run has stopped and can go on with the same command: \(reason)")
        }
    }
}
