import Foundation
import Testing

/// The built program as a user meets it: what it prints and its exit codes.
@Suite struct CommandLineTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Beside the test bundle.
    private static let program: URL = {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "mmsim")
    }()

    private func run(_ arguments: String..., in folder: URL? = nil) throws -> (out: String, error: String, code: Int32) {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        process.currentDirectoryURL = folder ?? Self.root
        let (out, error) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = error
        try process.run()
        let text = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (text, complaint, process.terminationStatus)
    }

    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mmsim-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A folder with the demo's scenario on `a.tape`.
    private func demo() throws -> URL {
        let folder = try folder()
        let scenario = try String(contentsOf: Self.root.appending(path: "Scenarios/demo.yaml"), encoding: .utf8)
        try scenario.replacingOccurrences(of: "../Data/demo.tape", with: "a.tape").write(
            to: folder.appending(path: "s.yaml"), atomically: true, encoding: .utf8)
        return folder
    }

    @Test func `help lists the commands that exist, and each answers to help`() throws {
        let help = try run("--help")
        #expect(help.code == 0)
        for command in ["backtest", "scenario", "strategies", "tape", "synth"] {
            #expect(help.out.contains(command))
            #expect(try run(command, "--help").code == 0)
        }
        #expect(try run("--version").out == "0.1.0\n")
    }

    @Test func `a wrong command line ends with 2 and says what is wrong`() throws {
        #expect(try run("backtst").code == 2)
        #expect(try run("backtest").code == 2)
        #expect(try run("synth", "--out", "x.tape", "--duration", "soon").code == 2)
        let unknown = try run("strategies", "xem")
        #expect(unknown.code == 2 && unknown.error.contains("did you mean 'xemm'?"))
    }

    @Test func `a market is made, run and reported, the same way twice`() throws {
        let folder = try demo()
        #expect(try run("synth", "--out", "a.tape", "--duration", "2 min", "--quiet", in: folder).code == 0)
        #expect(try run("synth", "--out", "a.tape", "--duration", "2 min", in: folder).code == 2, "a tape is not overwritten")
        let first = try run("backtest", "s.yaml", in: folder)
        #expect(first.code == 0 && first.out.contains("Net PnL") && first.out.contains("residual"))
        let one = try Data(contentsOf: folder.appending(path: "reports/demo/report.json"))
        #expect(try run("backtest", "s.yaml", "--quiet", "--no-journal", in: folder).out.isEmpty)
        #expect(try Data(contentsOf: folder.appending(path: "reports/demo/report.json")) == one)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "reports/demo").path).sorted()
        #expect(
            files == ["equity.csv", "fills.csv", "notes.csv", "orders.csv", "positions.csv", "report.html", "report.json", "run.json"])
        let info = try run("tape", "info", "a.tape", in: folder)
        #expect(info.code == 0 && info.out.contains("backpack BTC_USDC_PERP"))
    }

    @Test func `missing and damaged data end with 3 and leave no report`() throws {
        let folder = try demo()
        let missing = try run("backtest", "s.yaml", in: folder)
        #expect(missing.code == 3 && missing.error.hasPrefix("error: no tape at 'a.tape'\nhint: "))
        try "no tape".write(to: folder.appending(path: "a.tape"), atomically: true, encoding: .utf8)
        #expect(try run("backtest", "s.yaml", in: folder).code == 3)
        #expect(try run("tape", "info", "a.tape", in: folder).code == 3)
        #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "reports/demo").path))
    }

    @Test func `a wrong scenario ends with 2 and names the place`() throws {
        let folder = try folder()
        try "version: 1\nnam: x\n".write(to: folder.appending(path: "s.yaml"), atomically: true, encoding: .utf8)
        let wrong = try run("scenario", "check", "s.yaml", in: folder)
        #expect(wrong.code == 2 && wrong.error.contains("s.yaml:2:1: nam: ") && wrong.error.contains("did you mean 'name'?"))
    }

    @Test func `a bad row stops an import and leaves nothing, or is counted`() throws {
        let folder = try folder()
        let rows = """
            exchange,symbol,timestamp,local_timestamp,id,side,price,amount
            binance-futures,BTCUSDT,1700000000000000,1700000000001000,1,buy,50000.1,0.5
            binance-futures,BTCUSDT,1700000000000000,1700000000001000,2,buy,fifty,0.5
            binance-futures,BTCUSDT,1700000001000000,1700000001001000,3,sell,50000.2,0.5

            """
        try rows.write(to: folder.appending(path: "trades.csv"), atomically: true, encoding: .utf8)
        let stopped = try run("tape", "import", "trades.csv", "--out", "t.tape", in: folder)
        #expect(stopped.code == 3 && stopped.error.contains("trades.csv:3"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["trades.csv"])
        let skipped = try run("tape", "import", "trades.csv", "--out", "t.tape", "--skip-bad", in: folder)
        #expect(skipped.code == 0 && skipped.out.contains("not read: 1"))
    }

    @Test func `a full disk is said, and nothing half-written stands under the report's name`() throws {
        let folder = try demo()
        #expect(try run("synth", "--out", "a.tape", "--duration", "10 min", "--quiet", in: folder).code == 0)
        // A limit of 64 KiB on the size of a file stands in for a full disk; the signal that comes with it is ignored.
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "trap '' XFSZ; ulimit -f 128; exec '\(Self.program.path)' backtest s.yaml --quiet"]
        shell.currentDirectoryURL = folder
        let error = Pipe()
        shell.standardError = error
        try shell.run()
        let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 1)
        #expect(text.hasPrefix("error: ") && text.contains("hint: "))
        #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "reports/demo").path))
        #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "reports/demo.part").path))
    }
}
