internal import ArgumentParser
internal import Foundation
package import Scenario
internal import Strategies

/// A scenario's file, and where settings come from beside it.
package struct ScenarioOptions: ParsableArguments {
    @Argument(help: "A scenario file: YAML or JSON.")
    var scenario: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Sets a key, such as strategy.parameters.min_net=\"4 bp\", or strategies.ID.…", valueName: "key=value"))
    var settings: [String] = []

    package init() {}

    package func load() throws -> Scenario {
        let loader = ScenarioLoader(strategies: Mmsim.strategies.specifications)
        do { return try loader.load(path: scenario, environment: ProcessInfo.processInfo.environment, overrides: settings) } catch {
            throw Failure(error)
        }
    }
}
