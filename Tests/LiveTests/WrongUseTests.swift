import Foundation
import Testing

/// What the commands say when something is not as they need it: what happened, and what to do.
@Suite struct WrongUseTests {
    @Test(arguments: [
        (["--tape", "none.tape"], 3 as Int32, "error: no tape at 'none.tape'\nhint: "),
        (["--tape", "."], 3, "error: '.' is a folder"),
        (
            ["--tape", "made.tape", "--symbols", "BTC_USDC_PREP"], 2,
            "error: no tape holds 'BTC_USDC_PREP'\nhint: did you mean 'BTC_USDC_PERP'?\n"
        ),
        (
            ["--tape", "made.tape", "--faults", "stahl@1s+1s"], 2,
            "error: --faults: there is no fault 'stahl'\nhint: did you mean 'stall'?\n"
        ),
        (
            ["--tape", "made.tape", "--faults", "stall@1s"], 2,
            "error: --faults: 'stall@1s' is no fault with its time\nhint: write it like stall@20s+5s\n"
        ),
        (["--tape", "made.tape", "--speed", "0"], 2, "error: --speed is 1 to 1000\n"),
        (["--tape", "made.tape", "--clock-offset", "-3 parsecs"], 2, "error: --clock-offset: 'parsecs' is not a unit of time\nhint: "),
        (["--tape", "made.tape", "--port", "70000"], 2, "error: --port is 0 to 65535\n"),
        (["--tape", "made.tape", "--certificate", "c.pem"], 2, "error: --certificate and --key belong together\nhint: "),
        (["--tape", "made.tape", "--key", "c.key"], 2, "error: --certificate and --key belong together\nhint: "),
        (
            ["--tape", "made.tape", "--certificate", "none.pem", "--key", "none.key"], 2,
            "error: no certificate can be read from 'none.pem'\nhint: "
        ),
        (["--tape", "made.tape", "--collateral", "much"], 2, "error: --collateral: "),
    ])
    func `a venue that can't be served says why`(words: [String], code: Int32, start: String) throws {
        let programs = try LivePrograms()
        if words.contains("made.tape") { try programs.makeTape(duration: "5 s") }
        let refused = try programs.start(["venue", "backpack", "--port", "0"] + words).ended()
        #expect((refused.code, refused.out) == (code, ""))
        #expect(refused.error.hasPrefix(start), "\(refused.error)")
    }

    @Test func `a venue whose port is taken names it`() throws {
        let programs = try LivePrograms()
        try programs.makeTape(duration: "5 s")
        let first = try ServedVenue(programs)
        let second = try programs.start(["venue", "backpack", "--tape", "made.tape", "--port", "\(first.port)"]).ended()
        #expect((second.code, second.out) == (2, ""))
        #expect(
            second.error.hasPrefix("error: can't listen on 127.0.0.1:\(first.port): ")
                && second.error.hasSuffix("\nhint: choose another port, or 0 for any that is free\n"), "\(second.error)")
    }

    @Test func `a recorder whose venue is not there says where it looked`() throws {
        let programs = try LivePrograms()
        try programs.makeTape(duration: "5 s")
        let venue = try ServedVenue(programs)
        #expect(try venue.program.interrupt().code == 130)
        let refused = try programs.start(["record", "--symbols", "BTC_USDC_PERP", "--out", "kept.tape"] + venue.place).ended()
        #expect((refused.code, refused.out) == (1, ""))
        #expect(
            refused.error == """
                error: backpack can't be reached at http://127.0.0.1:\(venue.port): 127.0.0.1:\(venue.port) refused the connection
                hint: see whether --rest is right, and something serves there

                """)
        #expect(!programs.exists("kept.tape"))
    }

    @Test func `a recorder tells a symbol that is not listed, or misspelt`() throws {
        let programs = try LivePrograms()
        try programs.makeTape(duration: "5 s")
        let venue = try ServedVenue(programs)
        for (symbol, hint) in [("BTC_USDC_PREP", "did you mean 'BTC_USDC_PERP'?"), ("DOGE", "it lists BTC, BTC_USDC_PERP")] {
            let refused = try programs.start(["record", "--symbols", symbol, "--out", "kept.tape"] + venue.place).ended()
            #expect((refused.code, refused.out) == (2, ""))
            #expect(refused.error.hasPrefix("error: the venue does not list '\(symbol)'\nhint: \(hint)"), "\(refused.error)")
        }
        #expect(!programs.exists("kept.tape"))
    }

    @Test(arguments: [
        (["--symbols", ","], "error: --symbols is empty\nhint: "),
        (["--symbols", "A,A"], "error: --symbols has 'A' twice\n"),
        (["--symbols", "A", "--rotate", "week"], "error: --rotate 'week' is neither 'day' nor a number of MB\n"),
        (["--symbols", "A", "--duration", "long"], "error: --duration: "),
        (["--symbols", "A", "--rest", "api.backpack.exchange"], "error: --rest: not a URL to connect to: it has no scheme\nhint: "),
        (["--symbols", "A", "--rest", "https://x"], "error: --rest alone leaves the other at backpack itself\nhint: "),
        (["--symbols", "A", "--rest", "lighter=https://x", "--stream", "wss://x"], "error: --rest: there is no venue 'lighter'"),
        (["--symbols", "A", "--stream", "ftp://x"], "error: --stream: the URL's scheme is 'ftp', expected "),
        ([], "error: Missing expected argument '--symbols <list>'"),
    ])
    func `a recording that can't begin says why`(words: [String], start: String) throws {
        let refused = try LivePrograms().start(["record"] + words).ended()
        #expect((refused.code, refused.out) == (2, ""))
        #expect(refused.error.hasPrefix(start), "\(refused.error)")
    }

    @Test func `a recording goes into no file that is no tape`() throws {
        let programs = try LivePrograms()
        try programs.makeTape(duration: "5 s")
        try programs.write("notes.txt", "no tape\n")
        let venue = try ServedVenue(programs)
        for place in ["notes.txt", ".", "none/kept.tape"] {
            let refused = try programs.start(["record", "--symbols", "BTC_USDC_PERP", "--out", place] + venue.place).ended()
            #expect(refused.code != 0 && refused.out == "")
            #expect(refused.error.hasPrefix("error: ") && refused.error.contains("'\(place)'"), "\(refused.error)")
            #expect(refused.error.contains("\nhint: "), "\(refused.error)")
        }
    }

    @Test(.enabled(if: Certificate.isAvailable))
    func `a venue by TLS is trusted by the authority that is named, and no other`() throws {
        let programs = try LivePrograms()
        try programs.makeTape(duration: "1 min")
        try Certificate.make(in: programs.folder)
        let venue = try ServedVenue(programs, "--certificate", "own.pem", "--key", "own.key")
        let words = ["record", "--symbols", "BTC_USDC_PERP", "--out", "kept.tape", "--duration", "1 s"] + venue.place
        let refused = try programs.start(words).ended()
        #expect((refused.code, refused.out) == (1, ""))
        #expect(refused.error.contains("the certificate of 127.0.0.1 is from an unknown authority\nhint: "), "\(refused.error)")
        #expect(refused.error.contains("--authorities"))
        let trusted = try programs.start(words + ["--authorities", "own.pem"]).ended()
        #expect(trusted.code == 0, "\(trusted.error)")
    }

    // MARK: Two programs

    @Test func `without the program beside it mmsim says how to build it`() throws {
        let programs = try LivePrograms()
        let alone = programs.folder.appending(path: "bin")
        try FileManager.default.createDirectory(at: alone, withIntermediateDirectories: true)
        let copy = alone.appending(path: "mmsim")
        try FileManager.default.copyItem(at: LivePrograms.executable("mmsim"), to: copy)
        for word in ["record", "venue", "diagnose"] {
            #expect(
                try programs.start(copy, [word, "--help"], ["PATH": ""]).ended()
                    == .init(
                        code: 2, out: "",
                        error: """
                            error: 'mmsim-live' is neither beside mmsim nor in PATH: the commands that need the network are in it
                            hint: build it with `make live`

                            """))
        }
    }

    @Test func `a program of another version is not taken over`() throws {
        let programs = try LivePrograms()
        let refused = try programs.live("venue", "--help", environment: ["MMSIM_CALLER_VERSION": "0.0.1"])
        #expect((refused.code, refused.out) == (2, ""))
        #expect(
            refused.error
                == "error: mmsim is version 0.0.1, and mmsim-live beside it is version 0.1.0\nhint: build both anew: make build live\n")
    }

    @Test func `mmsim hands these commands over with their words and their help`() throws {
        let programs = try LivePrograms()
        let list = try programs.mmsim("--help").out
        for (word, words) in [
            ("record", "USAGE: mmsim-live record"), ("venue", "USAGE: mmsim-live venue <venue>"),
            ("diagnose", "USAGE: mmsim-live diagnose <scenario>"),
        ] {
            #expect(list.contains("\n  \(word) "))
            for asked in [["help", word], [word, "--help"]] {
                let help = try programs.start(LivePrograms.executable("mmsim"), asked, [:]).ended()
                #expect((help.code, help.error) == (0, ""))
                #expect(help.out.contains(words), "\(help.out)")
            }
        }
        let passed = try programs.mmsim("venue", "backpack", "--tape", "none.tape")
        #expect(passed.code == 3 && passed.error.hasPrefix("error: no tape at 'none.tape'"), "\(passed.error)")
    }
}

/// A certificate of the tests' own for 127.0.0.1, its own authority; made by the openssl command.
enum Certificate {
    static let isAvailable = (try? run(["version"], in: FileManager.default.temporaryDirectory)) == true

    static func make(in folder: URL, _ name: String = "own") throws {
        let isMade = try run(
            [
                "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-newkey", "ec",
                "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", "\(name).key", "-out", "\(name).pem",
            ], in: folder)
        try #require(isMade)
    }

    private static func run(_ words: [String], in folder: URL) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + words
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
