package import ArgumentParser
internal import Foundation
internal import Market

/// How a program parses its arguments and ends.
package enum CommandRun {
    /// Parses the process's arguments, runs the command and ends the process with its exit code.
    package static func run<Root: ParsableCommand>(_ root: Root.Type) -> Never {
        do {
            if let failure = unknownCommand(root, CommandLine.arguments.dropFirst()) { throw failure }
            var command = try root.parseAsRoot()
            try command.run()
            Foundation.exit(0)
        } catch let failure as Failure {
            failure.print()
            Foundation.exit(failure.code)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            let code = root.exitCode(for: error)
            let text = root.fullMessage(for: error)
            if code == .success {
                if !text.isEmpty { Terminal.out(text) }
                Foundation.exit(0)
            }
            Terminal.error(text.hasPrefix("Error: ") ? "error: " + text.dropFirst(7) : text)
            Foundation.exit(Failure.usage)
        }
    }

    /// Whether a word stands where a command should that is none, and which was meant.
    private static func unknownCommand(_ root: (some ParsableCommand).Type, _ words: some Sequence<String>) -> Failure? {
        var subcommands = root.configuration.subcommands
        for word in words {
            guard !subcommands.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
            guard let command = subcommands.first(where: { $0._commandName == word }) else {
                let names = subcommands.map { $0._commandName }
                return Failure(
                    "there is no command '\(word)'",
                    hint: Spelling.closest(word, names).map { "did you mean '\($0)'?" } ?? "there are: \(names.joined(separator: ", "))",
                    code: Failure.usage)
            }
            subcommands = command.configuration.subcommands
        }
        return nil
    }
}
