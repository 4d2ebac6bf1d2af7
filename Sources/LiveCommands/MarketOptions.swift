internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Market
internal import Network
internal import Runtime
internal import Venues

/// Where the venues of a scenario are spoken to.
struct MarketOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where a venue's requests go; give it for each that is not at its home.", valueName: "venue=url"))
    var rest: [String] = []

    @Option(help: ArgumentHelp("Where a venue's streams come from.", valueName: "venue=url"))
    var stream: [String] = []

    @Option(help: ArgumentHelp("Certificates to trust beside the system's, in PEM format.", valueName: "file"))
    var authorities: String?

    /// By venue, in their order.
    func clients(_ venues: [PaperPlan.Venue]) throws -> [VenueClient.Configuration] {
        let (rest, stream) = (try places(self.rest, "--rest", venues), try places(self.stream, "--stream", venues))
        return try venues.map { venue in
            let home = venue.speaks.home
            var client = VenueClient.Configuration(
                rest: try Self.endpoint(rest[venue.name] ?? home.rest, "--rest", ["http", "https"]),
                stream: try Self.endpoint(stream[venue.name] ?? home.stream, "--stream", ["ws", "wss"]))
            client.trust = TLSTrust(authorities: authorities)
            client.proxies = ProxySettings(environment: ProcessInfo.processInfo.environment)
            client.lanes = 2
            return client
        }
    }

    private func places(_ words: [String], _ option: String, _ venues: [PaperPlan.Venue]) throws -> [String: String] {
        var places: [String: String] = [:]
        for word in words {
            let sides = word.split(separator: "=", maxSplits: 1).map(String.init)
            let names = venues.map(\.name)
            guard sides.count == 2, !sides[0].contains("://") else {
                throw Failure(
                    "\(option) '\(word)' does not say of which venue", hint: "write it like \(names[0])=\(word)", code: Failure.usage)
            }
            guard names.contains(sides[0]) else {
                throw Failure(
                    "\(option): the scenario has no venue '\(sides[0])'",
                    hint: Spelling.hint(sides[0], names) ?? "it has \(names.joined(separator: ", "))", code: Failure.usage)
            }
            guard places.updateValue(sides[1], forKey: sides[0]) == nil else {
                throw Failure("\(option) is given twice for '\(sides[0])'", code: Failure.usage)
            }
        }
        return places
    }

    private static func endpoint(_ url: String, _ option: String, _ schemes: [String]) throws -> Endpoint {
        do {
            let endpoint = try Endpoint(url)
            guard schemes.contains(endpoint.scheme.rawValue) else {
                throw NetworkError.wrongScheme(found: endpoint.scheme.rawValue, expected: schemes.joined(separator: " or "))
            }
            return endpoint
        } catch let error as NetworkError { throw Failure("\(option): \(error.message)", hint: error.hint, code: Failure.usage) }
    }
}
