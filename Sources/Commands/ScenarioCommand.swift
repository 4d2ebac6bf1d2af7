package import ArgumentParser
internal import Foundation
package import Scenario
internal import Strategies

package struct ScenarioCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "scenario", abstract: "Checks scenario files.", subcommands: [Check.self, Schema.self])

    /// Where settings come from beside the file.
    package struct Options: ParsableArguments {
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

    package init() {}

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the resolved scenario and its hash, or all that is wrong with it.")

        @OptionGroup var options: Options

        func run() throws {
            let scenario = try options.load()
            Terminal.write(scenario.canonicalText, to: 1)
            for override in scenario.overrides { Terminal.out("# \(override.key) = \(override.value) from \(override.source)") }
            Terminal.out("# hash \(scenario.hash)")
        }
    }

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints a JSON Schema of scenario files, for an editor's completion.")

        func run() throws {
            Terminal.write(ScenarioSchema.json(Mmsim.strategies.specifications), to: 1)
        }
    }
}
