import Foundation

/// Measures signing and answers another signer's questions.
///
///     signbench bench             microseconds of CPU time a signature and a verification, one JSON line each
///     signbench answer            reads questions, one a line, and answers each with a line: Tools/signers/check asks
///     signbench count KEYS        signs once with each of KEYS keys, for a profiler that counts instructions
///     signbench nonces COUNT      derives the nonces of COUNT messages and looks for a repeat
func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch (arguments.first, arguments.count) {
    case ("bench", 1): Benchmark.run()
    case ("answer", 1): Answers.run()
    case ("count", 2): SecretDependence.run(keys: Int(arguments[1]) ?? 0)
    case ("nonces", 2): NonceRepeats.run(count: Int(arguments[1]) ?? 0)
    default:
        FileHandle.standardError.write(Data("usage: signbench bench | answer | count KEYS | nonces COUNT\n".utf8))
        exit(2)
    }
}

main()
