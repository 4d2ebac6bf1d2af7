public import Market
internal import Signing
internal import Trading

/// One socket's way through the world.
///
///     down ──retry──▶ opening ──opened──▶ up ──no refusal for a while──▶ confirmed
///       ▲──────────── closed, silent, or not open in time ──────────────────┘
struct BackpackLink {
    enum State {
        case down(retryAt: Timestamp)
        case opening(since: Timestamp)
        case up(since: Timestamp)
    }

    /// Index of the account whose private streams it carries; nil: the public ones.
    let account: Int?
    var state = State.down(retryAt: .never)
    /// Whether the core has been told that it is up.
    var isConfirmed = false
    var isStalled = false
    var heardAt = Timestamp.distantPast
    /// When a private socket is asked for a sign of life.
    var pingDue = Timestamp.never
    /// When the last frame came, and until when one has to come: an order that the venue has taken is news.
    var newsAt = Timestamp.distantPast
    var newsDue = Timestamp.never
    var backOff = BackOff(first: .milliseconds(250), longest: .seconds(30))

    init(account: Int?) { self.account = account }

    func nextWake(_ configuration: BackpackSession.Configuration) -> Timestamp {
        switch state {
        case .down(let retryAt): return retryAt
        case .opening(let since): return since + configuration.openTimeout
        case .up(let since):
            var next = min(heardAt + (account == nil ? configuration.silentAfter : configuration.privateSilentAfter), pingDue, newsDue)
            if !isConfirmed { next = min(next, since + configuration.confirmAfter) }
            if account == nil, !isStalled { next = min(next, heardAt + configuration.stallAfter) }
            return next
        }
    }
}

/// Sockets: how they are opened, watched and given up.
extension BackpackSession {
    func advance(_ link: Int, _ now: Timestamp) {
        switch links[link].state {
        case .down(let retryAt):
            guard retryAt <= now else { return }
            links[link].state = .opening(since: now)
            act(.open(SocketID(link)))
        case .opening(let since):
            if since + configuration.openTimeout <= now { giveUp(link, now) }
        case .up(let since):
            let isPublic = links[link].account == nil
            let silence = now - links[link].heardAt
            if silence >= (isPublic ? configuration.silentAfter : configuration.privateSilentAfter) { return giveUp(link, now) }
            if isPublic, silence >= configuration.stallAfter, !links[link].isStalled {
                links[link].isStalled = true
                if links[link].isConfirmed { tell(.stalled, of: link, now) }
            }
            if links[link].newsDue <= now {
                alarm(.silent, "the private stream tells nothing of an order that the venue has taken: it is opened anew")
                return giveUp(link, now)
            }
            if links[link].pingDue <= now {
                links[link].pingDue = now + configuration.pingEvery
                act(.ping(SocketID(link)))
            }
            if !links[link].isConfirmed, since + configuration.confirmAfter <= now { confirm(link, now) }
        }
    }

    private func confirm(_ link: Int, _ now: Timestamp) {
        links[link].isConfirmed = true
        links[link].backOff.reset()
        tell(.up, of: link, now)
    }

    private func giveUp(_ link: Int, _ now: Timestamp) {
        act(.close(SocketID(link)))
        lose(link, now)
    }

    /// The socket is open: everything is subscribed.
    public func opened(_ socket: SocketID, at now: Timestamp) {
        let link = socket.rawValue
        guard links.indices.contains(link), case .opening = links[link].state else { return act(.close(socket)) }
        links[link].state = .up(since: now)
        (links[link].heardAt, links[link].isStalled, links[link].isConfirmed) = (now, false, false)
        // The venue can be reached: the others need not wait any longer.
        for other in links.indices { if case .down = links[other].state { links[other].state = .down(retryAt: now) } }
        guard let account = links[link].account else {
            act(.send(socket, text: publicSubscription))
            for feed in feeds.indices {
                feeds[feed].held.removeAll()
                feeds[feed].bookDue = now
            }
            return advance(to: now)
        }
        links[link].pingDue = now + configuration.pingEvery
        let window = BackpackWindow(timestamp: (now + clock.offset).nanoseconds / 1_000_000)
        act(.send(socket, text: privateSubscription(account, window)))
    }

    private var publicSubscription: String {
        var streams: [String] = []
        for feed in feeds {
            streams += ["depth", "bookTicker", "trade"].map { "\($0).\(feed.instrument.venueSymbol)" }
            if feed.instrument.kind != .spot { streams += ["markPrice", "openInterest"].map { "\($0).\(feed.instrument.venueSymbol)" } }
        }
        if feeds.contains(where: { $0.instrument.kind != .spot }) { streams.append("liquidation") }
        return #"{"method":"SUBSCRIBE","params":[\#(Self.list(streams))]}"#
    }

    private func privateSubscription(_ account: Int, _ window: BackpackWindow) -> String {
        let streams = ["account.orderUpdate", "account.positionUpdate", "account.balanceUpdate"]
        let signature = configuration.accounts[account].key.subscription(valid: window)
        return #"{"method":"SUBSCRIBE","params":[\#(Self.list(streams))],"signature":[\#(Self.list(signature))]}"#
    }

    private static func list(_ texts: [String]) -> String { texts.map { JSONString.quoted($0) }.joined(separator: ",") }

    /// The socket is gone, or could not be opened.
    public func closed(_ socket: SocketID, at now: Timestamp) {
        let link = socket.rawValue
        guard links.indices.contains(link) else { return }
        if case .down = links[link].state { return }
        lose(link, now)
        advance(to: now)
    }

    /// The other end gave a sign of life that is no frame: it says nothing of public data, which have to come.
    public func heard(_ socket: SocketID, at now: Timestamp) {
        guard links.indices.contains(socket.rawValue), links[socket.rawValue].account != nil else { return }
        links[socket.rawValue].heardAt = now
    }

    /// The venue has taken an order that was sent at `sentAt`: the account's private stream has to tell of it, if it has told of nothing
    /// since.
    func expectNews(_ account: Int, ofOrderSentAt sentAt: Timestamp, _ now: Timestamp) {
        // What was sent before the stream was there may have happened before it.
        guard let link = links.firstIndex(where: { $0.account == account }), case .up(let since) = links[link].state,
            max(since, links[link].newsAt) < sentAt
        else { return }
        links[link].newsDue = min(links[link].newsDue, now + configuration.newsAfter)
    }

    func lose(_ link: Int, _ now: Timestamp) {
        let wasConfirmed = links[link].isConfirmed
        links[link].state = .down(retryAt: now + links[link].backOff.next(&random))
        (links[link].isConfirmed, links[link].isStalled, links[link].pingDue, links[link].newsDue) = (false, false, .never, .never)
        if links[link].account == nil {
            for feed in feeds.indices { loseBook(feed, .connection, now) }
        }
        if wasConfirmed { tell(.down, of: link, now) }
    }

    // MARK: Frames

    /// Takes a frame that came by a socket; it is read before this returns.
    public func receive(_ frame: Span<UInt8>, from socket: SocketID, at now: Timestamp) {
        let link = socket.rawValue
        guard links.indices.contains(link), case .up = links[link].state else { return }
        (links[link].heardAt, links[link].newsAt, links[link].newsDue) = (now, now, .never)
        frameInstrument = nil
        if links[link].isStalled {
            links[link].isStalled = false
            if links[link].isConfirmed { tell(.resumed, of: link, now) }
        }
        let failure: RowFailure? = Bytes.lending(frame) { bytes in
            do throws(RowFailure) {
                try read(bytes, link, now)
                return nil
            } catch { return error }
        }
        if let failure {
            let copy = frame.indices.map { frame[$0] }
            alarm(.notUnderstood, "byte \(failure.offset) of a frame: expected \(failure.expected)", frame: copy)
        }
        advance(to: now)
    }

    private func read(_ frame: Bytes, _ link: Int, _ now: Timestamp) throws(RowFailure) {
        let message = try reader.read(frame)
        switch message {
        case .refusal:
            alarm(.refused, "a subscription was refused: \(reader.refusal.code) \(reader.refusal.message.text)")
            giveUp(link, now)
        case .order, .position, .balance:
            guard let account = links[link].account else { return }
            if !links[link].isConfirmed { confirm(link, now) }
            try readPrivate(message, account, now)
        case .depth, .bookTicker, .trade, .markPrice, .openInterest, .liquidation:
            if !links[link].isConfirmed { confirm(link, now) }
            try readPublic(message, now)
        case .other: break
        }
    }
}
