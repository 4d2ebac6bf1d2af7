internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Live
internal import Market
internal import Network
internal import Runtime
internal import Scenario

struct VenueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LiveProgram.Word.venue.rawValue, abstract: LiveProgram.Word.venue.abstract,
        discussion: """
            Clients of the venue, the real ones among them, trade there against the recorded market: their orders rest and fill in it, and \
            show in its public streams. It listens on this machine alone. Ctrl-C ends it.

              mmsim venue backpack --tape Data/demo.tape --symbols BTC_USDC_PERP

            What can be let go wrong with --faults, such as stall@20s+5s:
            \(ServiceFault.Kind.allCases.map { "  \($0.rawValue.padding(toLength: 20, withPad: " ", startingAt: 0))\($0.summary)" }
                .joined(separator: "\n"))
            """)

    enum Name: String, ExpressibleByArgument, CaseIterable { case backpack }

    @Argument(help: "Whose protocol it speaks: backpack.")
    var venue: Name

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Tapes that hold the market.", valueName: "tape"))
    var tape: [String]

    @Option(help: ArgumentHelp("The symbols to serve, with commas between them. Default: all on the tape.", valueName: "list"))
    var symbols: String?

    @Option(help: "Recorded seconds a second, 1 to 1000.")
    var speed: Int64 = 1

    @Option(help: "The port; 0: any that is free.")
    var port = 8_787

    @Option(help: "Test accounts, 1 to 64.")
    var accounts = 2

    @Option(help: ArgumentHelp("What each account begins with.", valueName: "amounts"))
    var collateral = "100000 USDC"

    @Option(help: ArgumentHelp("Requests a minute and account; 0: any number.", valueName: "count"))
    var rate = 2_000

    @Option(help: ArgumentHelp("What goes wrong: NAME@START+LENGTH, with commas between.", valueName: "list"))
    var faults: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How far its clock is ahead of this machine's, such as \"3 s\" or \"-3 s\".", valueName: "span"))
    var clockOffset = "0 s"

    @Option(help: ArgumentHelp("A certificate in PEM format: the port speaks TLS.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The certificate's private key.", valueName: "file"))
    var key: String?

    private static func usage(_ text: String, hint: String? = nil) -> Failure { Failure(text, hint: hint, code: Failure.usage) }

    func run() throws {
        guard (1...1_000).contains(speed) else { throw Self.usage("--speed is 1 to 1000") }
        guard (1...64).contains(accounts) else { throw Self.usage("--accounts is 1 to 64") }
        guard (0...65_535).contains(port) else { throw Self.usage("--port is 0 to 65535") }
        guard rate >= 0 else { throw Self.usage("--rate is 0 or more") }
        var configuration = VenueService.Configuration()
        (configuration.listener.port, configuration.speed, configuration.faults) = (port, speed, try chosenFaults())
        configuration.listener.identity = try identity()
        do throws(UnitText.Failure) { configuration.clockOffset = try UnitText.duration(clockOffset) } catch {
            throw Self.usage("--clock-offset: \(error.message)", hint: error.hint)
        }
        let served = try servedTape()
        Interruption.watch()
        let service: VenueService
        let port: Int
        do {
            service = try VenueService(served.server, feeds: served.feeds, trustsTouch: served.trustsTouch, configuration)
            port = try service.run()
        } catch let error as RunError { throw Failure(error) } catch let error as NetworkError { throw Failure(error) }
        introduce(served, port, isSecure: configuration.listener.identity != nil)
        watch(service)
        try service.stop()
        let counters = service.soFar
        Terminal.error("served \(counters.records) records, \(counters.requests) requests and \(counters.frames) frames")
        if let failure = service.failure { throw Failure(failure) }
        throw ExitCode(Failure.interrupted)
    }

    private func servedTape() throws -> ServedTape {
        var options = ServedTape.Options()
        options.accounts = accounts
        options.collateral = try collateral.split(separator: ",").map { try Self.amount(String($0)) }
        if let symbols { options.symbols = symbols.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        options.requestsPerMinute = rate == 0 ? nil : rate
        do { return try ServedTape(tapes: tape, options) } catch { throw Failure(error) }
    }

    private static func amount(_ text: String) throws -> Money {
        do throws(UnitText.Failure) { return try UnitText.amount(text.trimmingCharacters(in: .whitespaces)) } catch {
            throw usage("--collateral: \(error.message)", hint: error.hint ?? "write it like \"100000 USDC\"")
        }
    }

    private func identity() throws -> TLSIdentity? {
        switch (certificate, key) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return TLSIdentity(certificate: certificate, key: key)
        default: throw Self.usage("--certificate and --key belong together", hint: "give both, or neither to serve without TLS")
        }
    }

    private func chosenFaults() throws -> [ServiceFault] {
        guard let faults else { return [] }
        return try faults.split(separator: ",").map { part in
            let text = part.trimmingCharacters(in: .whitespaces)
            let sides = text.split(separator: "@", maxSplits: 1)
            let times = sides.count == 2 ? sides[1].split(separator: "+", maxSplits: 1) : []
            guard times.count == 2, let start = try? UnitText.duration(String(times[0])),
                let length = try? UnitText.duration(String(times[1]))
            else { throw Self.usage("--faults: '\(text)' is no fault with its time", hint: "write it like stall@20s+5s") }
            guard let kind = ServiceFault.Kind(rawValue: String(sides[0])) else {
                let names = ServiceFault.Kind.allCases.map(\.rawValue)
                throw Self.usage(
                    "--faults: there is no fault '\(sides[0])'",
                    hint: Spelling.hint(String(sides[0]), names) ?? "there are: \(names.joined(separator: ", "))")
            }
            return ServiceFault(kind, start: start, length: length)
        }
    }

    /// What a client has to know.
    private func introduce(_ served: ServedTape, _ port: Int, isSecure: Bool) {
        let (rest, stream) = isSecure ? ("https", "wss") : ("http", "ws")
        let place = "127.0.0.1:\(port)"
        Terminal.out("Backpack's protocol at \(rest)://\(place) and \(stream)://\(place), for programs on this machine alone")
        Terminal.out("symbols: \(served.instruments.map(\.venueSymbol).joined(separator: ", "))")
        for warning in served.warnings { Terminal.error("warning: \(warning)") }
        for account in served.accounts {
            Terminal.out("account \(account.name): \(collateral); a test's keys, which stand for nothing")
            Terminal.out("  API key  \(account.publicKey)")
            Terminal.out("  secret   \(account.secret)")
        }
        Terminal.out(
            """
            mmsim                  mmsim record --symbols \(served.instruments[0].venueSymbol) --rest \(rest)://\(place) --stream \
            \(stream)://\(place)
            bpx-py                 BaseAccount.BPX_API_URL = BasePublic.BASE_URL = "\(rest)://\(place)/"
            backpack-exchange-sdk  PublicClient(base_url="\(rest)://\(place)/"), \
            AuthenticationClient(key, secret, base_url="\(rest)://\(place)/")
            ccxt                   "urls": {"api": {"public": "\(rest)://\(place)", "private": "\(rest)://\(place)", "ws": …}}
            """)
    }

    /// Tells how it goes until somebody ends it.
    private func watch(_ service: VenueService) {
        var (hasTold, line) = (false, 0)
        while !Interruption.wasRequested, service.failure == nil {
            usleep(100_000)
            line += 1
            let counters = service.soFar
            if counters.hasEnded, !hasTold {
                hasTold = true
                Terminal.error("the tape has ended after \(counters.records) records: the books stand still from here on")
            }
            if line % 600 == 0 {
                Terminal.error(
                    "\(counters.records) records, \(counters.requests) requests, \(counters.frames) frames, "
                        + "\(counters.sockets) sockets open"
                )
            }
        }
    }
}
