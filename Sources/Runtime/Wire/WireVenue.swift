internal import Market
internal import Simulation
internal import Trading
internal import VenueServers
internal import Venues

/// One venue of a wire simulation: its server, and the network between it and the session.
final class WireVenue {
    let server: any VenueServer
    let network: VirtualNetwork
    private let asHeard: (Fill, AccountID) -> Fill

    /// - Parameter asHeard: A fill with the numbers that the core knows order and trade by, of one with those that the venue told.
    init(_ server: any VenueServer, _ network: VirtualNetwork, asHeard: @escaping (Fill, AccountID) -> Fill) {
        (self.server, self.network, self.asHeard) = (server, network, asHeard)
    }

    /// Hands over the venue's fills since the last call, as the core hears of them.
    func takeFills(_ body: (VenueFill) -> Void) {
        server.takeFills { fill in
            var fill = fill
            fill.fill = asHeard(fill.fill, fill.account)
            body(fill)
        }
    }

    /// What the server does next by itself, and what reaches it next.
    var nextAtVenue: Timestamp { min(network.nextArrival, server.nextWake) }

    /// Lets one record of a feed happen.
    func receive(_ event: borrowing MarketEvent) {
        server.receive(event)
        send(event.venueTime)
    }

    /// Lets what has reached the server by `now`, and what it does by itself then, happen.
    func act(_ now: Timestamp) {
        while let arrival = network.takeArrival(now) {
            switch arrival {
            case .opened(let socket): server.opened(socket, at: now)
            case .closed(let socket): server.closed(socket, at: now)
            case .heard(let socket): server.heard(socket, at: now)
            case .frame(let socket, let bytes): server.receive(bytes.span, from: socket, at: now)
            case .request(let id, let request): server.request(id, request, at: now)
            }
            send(now)
        }
        if server.nextWake <= now {
            server.advance(to: now)
            send(now)
        }
    }

    private func send(_ now: Timestamp) {
        while let action = server.nextAction() {
            switch action {
            case .answer(let id, let response): network.answer(id, status: response.status, body: response.body, at: now)
            case .send(let socket, let text): network.send(text, by: socket, at: now)
            case .ping(let socket): network.ping(socket, at: now)
            case .close(let socket): network.close(serverSocket: socket, at: now)
            }
        }
    }
}
