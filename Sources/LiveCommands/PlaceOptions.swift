internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Market
internal import Network
internal import Scenario
internal import Venues

/// Where venues are: their own homes, unless the command line says otherwise.
struct PlaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where requests go, in place of the venue itself: a URL, or VENUE=URL for one of several venues.", valueName: "url"))
    var rest: [String] = []

    @Option(help: ArgumentHelp("Where streams come from, likewise.", valueName: "url"))
    var stream: [String] = []

    @Option(help: ArgumentHelp("Certificates to trust beside the system's, in PEM format.", valueName: "file"))
    var authorities: String?

    /// - Parameters:
    ///   - name: The scenario's name of the venue.
    ///   - isOnly: Whether a URL without a name means this venue.
    func client(of venue: VenueProtocol, named name: String, isOnly: Bool) throws -> VenueClient.Configuration {
        let (restURL, streamURL) = (try Self.url(rest, "--rest", name, isOnly), try Self.url(stream, "--stream", name, isOnly))
        let places = try (
            restURL.map { try Self.endpoint($0, "--rest", [.http, .https]) },
            streamURL.map { try Self.endpoint($0, "--stream", [.ws, .wss]) }
        )
        // Prices of one place and orders at another would be a costly mistake.
        guard (places.0 == nil) == (places.1 == nil) else {
            throw Failure(
                "\(places.0 == nil ? "--stream" : "--rest") alone leaves the other at \(name) itself",
                hint: "give both --rest and --stream, or neither", code: Failure.usage)
        }
        var client = VenueClient.Configuration(
            rest: try places.0 ?? Self.endpoint(venue.home.rest, "--rest", [.https]),
            stream: try places.1 ?? Self.endpoint(venue.home.stream, "--stream", [.wss]))
        client.trust = TLSTrust(authorities: authorities)
        client.proxies = ProxySettings(environment: ProcessInfo.processInfo.environment)
        return client
    }

    /// Refuses a place of a venue that there is none of.
    func check(_ names: [String]) throws {
        for (option, places) in [("--rest", rest), ("--stream", stream)] {
            for place in places {
                guard let (name, _) = Self.split(place) else {
                    guard names.count > 1 else { continue }
                    throw Failure(
                        "\(option) names no venue, and there are \(names.count)",
                        hint: "write \(option) \(names[0])=URL", code: Failure.usage)
                }
                guard names.contains(name) else {
                    throw Failure(
                        "\(option): there is no venue '\(name)'",
                        hint: Spelling.hint(name, names) ?? "there is \(names.joined(separator: ", "))", code: Failure.usage)
                }
            }
        }
    }

    /// `VENUE=URL`; nil for a URL alone.
    private static func split(_ text: String) -> (name: String, url: String)? {
        guard let mark = text.firstIndex(of: "="), !text[..<mark].contains(":") else { return nil }
        return (String(text[..<mark]), String(text[text.index(after: mark)...]))
    }

    private static func url(_ places: [String], _ option: String, _ name: String, _ isOnly: Bool) throws -> String? {
        let found = places.compactMap { place -> String? in
            guard let (venue, url) = split(place) else { return isOnly ? place : nil }
            return venue == name ? url : nil
        }
        guard found.count < 2 else { throw Failure("\(option) places \(name) twice", hint: "keep one", code: Failure.usage) }
        return found.first
    }

    private static func endpoint(_ url: String, _ option: String, _ schemes: [Endpoint.Scheme]) throws -> Endpoint {
        do throws(NetworkError) {
            let endpoint = try Endpoint(url)
            guard schemes.contains(endpoint.scheme) else {
                throw .wrongScheme(found: endpoint.scheme.rawValue, expected: schemes.map(\.rawValue).joined(separator: " or "))
            }
            return endpoint
        } catch { throw Failure("\(option): \(error.message)", hint: error.hint, code: Failure.usage) }
    }
}
