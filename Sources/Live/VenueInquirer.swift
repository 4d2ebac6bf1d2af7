public import Market
internal import NIOCore
internal import NIOPosix
public import Network
public import Venues

/// Asks a venue single questions, before anything is begun there, and waits for each answer.
///
/// Not for a thread of an event loop: it has its own, and keeps its caller waiting.
public final class VenueInquirer {
    /// Names and places of the venue, for errors.
    public let venue: VenueProtocol
    private let place: String
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clock = WallClock()
    private let asker: Asker

    public init(_ venue: VenueProtocol, _ configuration: VenueClient.Configuration) throws(NetworkError) {
        self.venue = venue
        place = configuration.rest.description
        var configuration = configuration
        configuration.lanes = 1
        let (loop, settled) = (group.next(), configuration)
        let asker = Asker()
        self.asker = asker
        let failure = run(on: loop) { () -> NetworkError? in
            do throws(NetworkError) {
                asker.client = try VenueClient(settled, on: loop, delegate: asker)
                asker.client?.start()
                return nil
            } catch { return error }
        }
        if let failure {
            try? group.syncShutdownGracefully()
            throw failure
        }
    }

    deinit {
        let asker = asker
        run(on: group.next()) { asker.client?.stop() }
        try? group.syncShutdownGracefully()
    }

    /// Asks one question.
    public func ask(_ request: HTTPRequest) -> HTTPOutcome {
        let (asker, loop) = (asker, group.next())
        let answer = try? loop.flatSubmit { asker.ask(request, loop) }.wait()
        return answer ?? .unknown(reason: "it was not waited for")
    }

    /// What the venue lists.
    public func listing() throws(InquiryError) -> [(symbol: String, instrument: Instrument?)] {
        let answer: [UInt8]
        switch ask(venue.listing) {
        case .answered(200, let body): answer = body
        case .answered(let status, _): throw error(.refused(status: status))
        case .notSent(let reason), .unknown(let reason): throw error(.unreachable(reason))
        }
        do { return try venue.listed(answer) } catch {
            throw self.error(.notUnderstood("the list of markets: byte \(error.offset), expected \(error.expected)"))
        }
    }

    /// All that the venue tells of an account. A question that has no answer is a trouble among the facts; where the venue can't be
    /// reached at all the first one says so, and no more are asked.
    public func facts(_ account: VenueAccount) throws(InquiryError) -> AccountFacts {
        var inquiry = venue.inquiry(account)
        while let request = inquiry.next(at: clock.now) {
            let outcome = ask(request)
            if case .notSent(let reason) = outcome { throw error(.unreachable(reason)) }
            inquiry.answer(outcome, at: clock.now)
        }
        return inquiry.facts
    }

    private func error(_ reason: InquiryError.Reason) -> InquiryError { InquiryError(venue: venue, place: place, reason) }
}

/// Runs on a loop, and waits until it has.
private func run<Value: Sendable>(on loop: any EventLoop, _ body: @escaping @Sendable () -> Value) -> Value {
    do { return try loop.submit(body).wait() } catch { preconditionFailure("an event loop was gone before its owner") }
}

/// Belongs to its loop.
private final class Asker: VenueClientDelegate, @unchecked Sendable {
    var client: VenueClient?
    private var waiting: EventLoopPromise<HTTPOutcome>?
    private var lastRequest: UInt64 = 0

    func ask(_ request: HTTPRequest, _ loop: any EventLoop) -> EventLoopFuture<HTTPOutcome> {
        let promise = loop.makePromise(of: HTTPOutcome.self)
        lastRequest += 1
        waiting = promise
        client?.perform(.request(RequestID(lastRequest), request, lane: 0))
        return promise.futureResult
    }

    func answered(_ request: RequestID, _ outcome: HTTPOutcome) {
        waiting?.succeed(outcome)
        waiting = nil
    }

    func opened(_ socket: SocketID) {}
    func closed(_ socket: SocketID, reason: String) {}
    func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) {}
    func heard(_ socket: SocketID) {}
}

/// Why a venue told nothing.
public struct InquiryError: Error, Equatable {
    public enum Reason: Hashable, Sendable {
        case unreachable(String)
        case refused(status: Int)
        case notUnderstood(String)
    }

    public var venue: VenueProtocol
    /// Its URL.
    public var place: String
    public var reason: Reason

    init(venue: VenueProtocol, place: String, _ reason: Reason) { (self.venue, self.place, self.reason) = (venue, place, reason) }

    public var message: String {
        switch reason {
        case .unreachable(let why): "\(venue.rawValue) can't be reached at \(place): \(why)"
        case .refused(let status): "\(venue.rawValue) at \(place) answers \(status) when it is asked for its markets"
        case .notUnderstood(let what): "what \(venue.rawValue) at \(place) answers can't be read: \(what)"
        }
    }

    public var hint: String? {
        switch reason {
        case .unreachable where place.hasPrefix("https"):
            "see whether --rest is right, whether a proxy is needed (HTTPS_PROXY), or an authority to trust (--authorities)"
        case .unreachable: "see whether --rest is right, and something serves there"
        case .refused: "try again later; or is --rest another venue's?"
        case .notUnderstood: "see whether --rest is that of \(venue.rawValue)"
        }
    }
}
