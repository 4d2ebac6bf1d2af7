internal import ArgumentParser
internal import Scenario
internal import Strategies

struct ScenarioCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario", abstract: "Checks scenario files.", subcommands: [Check.self, Schema.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the resolved scenario and its hash, or all that is wrong with it.")

        @OptionGroup var options: ScenarioOptions

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
