internal import ArgumentParser
internal import Commands
internal import Foundation
internal import Live
internal import Market
internal import Network
internal import Scenario
internal import Venues

/// A venue of a scenario as it is met over the network.
struct LiveVenue {
    /// The scenario's name of it.
    var name: String
    var venue: VenueProtocol
    var client: VenueClient.Configuration
}

/// What commands share that meet a scenario's venues over the network.
struct VenueOptions: ParsableArguments {
    @OptionGroup var places: PlaceOptions

    /// By venue of the scenario.
    func venues(of scenario: Scenario) throws -> [LiveVenue] {
        let names = scenario.venues.map(\.name)
        try places.check(names)
        return try scenario.venues.map { venue in
            guard let spoken = VenueProtocol(profile: venue.profile.name) else {
                let all = VenueProtocol.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(
                    "venue '\(venue.name)': the protocol of '\(venue.profile.name)' is not spoken yet",
                    hint: "what is spoken: \(all); name one as the venue's profile", code: Failure.usage)
            }
            return LiveVenue(
                name: venue.name, venue: spoken,
                client: try places.client(of: spoken, named: venue.name, isOnly: names.count == 1))
        }
    }
}

/// What commands share that trade on a scenario's accounts.
struct LiveOptions: ParsableArguments {
    @OptionGroup var network: VenueOptions

    @Option(
        help: ArgumentHelp(
            "Where the keys are that accounts name. Default: MMSIM_KEYS, else ~/.config/mmsim/keys", valueName: "folder"))
    var keys: String?

    @Option(
        help: ArgumentHelp(
            "Where runs remember what they have to. Default: MMSIM_STATE, else ~/.local/state/mmsim", valueName: "folder"))
    var state: String?

    var keyFolder: KeyFolder { KeyFolder(stated: keys, environment: ProcessInfo.processInfo.environment) }
    var stateFolder: StateFolder { StateFolder(stated: state, environment: ProcessInfo.processInfo.environment) }

    /// By account of the scenario, with the accounts' own numbers.
    ///
    /// - Parameter venues: By venue of the scenario.
    func accounts(of scenario: Scenario, _ venues: [LiveVenue]) throws -> [VenueAccount] {
        let folder = keyFolder
        return try scenario.accounts.enumerated().map { number, account in
            guard let venue = venues.first(where: { $0.name == account.venue }) else {
                preconditionFailure("an account's venue is one of the scenario's")
            }
            do throws(CredentialError) {
                return try folder.account(AccountID(number), account.name, key: account.key, of: venue.venue)
            } catch { throw Failure(error) }
        }
    }

    /// Takes all accounts for this process.
    func hold(_ accounts: [VenueAccount], of scenario: Scenario) throws -> HeldAccounts {
        let named = zip(scenario.accounts, accounts).map { (name: $0.name, account: $1) }
        do throws(StateError) { return try HeldAccounts(named, in: stateFolder, for: scenario.name) } catch { throw Failure(error) }
    }
}
