import Foundation
import Market
import Signing
import TestSupport
import Testing
import Venues

@testable import Live

/// What runs remember of accounts, and who holds them.
@Suite struct AccountStateTests {
    private let scratch: TestFolder
    private var state: StateFolder { StateFolder(path: scratch.path("state")) }

    init() throws { scratch = try TestFolder() }

    private static func account(_ number: UInt8) throws -> VenueAccount {
        .backpack(BackpackAccount(AccountID(Int(number)), key: try Ed25519SecretKey([UInt8](repeating: number, count: 32).span)))
    }

    private func take(_ number: UInt8 = 1, for run: String = "quotes") throws -> AccountState {
        try AccountState(Self.account(number), "M\(number)", in: state, for: run)
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    // MARK: Who holds it

    @Test func `an account is held once, and let go with its holder`() throws {
        do {
            let first = try take()
            #expect(throws: StateError.inUse(account: "M1", process: Int(getpid()), run: "quotes")) { try take(for: "other") }
            // Another one is free.
            _ = try take(2)
            #expect(first.reserved == 0)
        }
        let second = try take(for: "other")
        #expect(throws: StateError.inUse(account: "M1", process: Int(getpid()), run: "other")) { try take() }
        #expect(second.run == nil)
    }

    @Test func `its files are its owner's alone, in a folder that tells no secret`() throws {
        let held = try take()
        try held.reserve(upTo: 5)
        #expect(try mode(held.folder) == 0o700 && mode("\(held.folder)/client-ids") == 0o600 && mode("\(held.folder)/lock") == 0o600)
        let name = (held.folder as NSString).lastPathComponent
        #expect(name.wholeMatch(of: /backpack-[0-9a-f]{16}/) != nil)
        #expect(try take(2).folder != held.folder)
        // What was open to others is closed.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path("state/accounts"))
        try StateFile.makeFolder(scratch.path("state/accounts"))
        #expect(try mode(scratch.path("state/accounts")) == 0o700)
    }

    @Test func `where nothing can be written it says so`() throws {
        try Data().write(to: scratch.url.appending(path: "state"))
        #expect {
            try take()
        } throws: { error in
            guard case .cannotWrite? = error as? StateError else { return false }
            return true
        }
    }

    // MARK: Client ids

    @Test func `ids are reserved once for all accounts of a run, and never again`() throws {
        do { try take(2).reserve(upTo: 123) }
        do {
            let run = try HeldAccounts([("A", Self.account(1)), ("B", Self.account(2))], in: state, for: "quotes")
            #expect(try run.reserve(10_000) == 124...10_123)
            #expect(run.accounts.map(\.reserved) == [10_123, 10_123])
            #expect(try run.reserve(10) == 10_124...10_133)
        }
        #expect(try take(1).reserved == 10_133)
        #expect(try take(2).reserved == 10_133)
        let held = try take(1)
        try held.reserve(upTo: 50)
        #expect(held.reserved == 10_133)
    }

    @Test func `the last ids are given, and none beyond 32 bits`() throws {
        do { try take(1).reserve(upTo: .max - 10) }
        let run = try HeldAccounts([("A", Self.account(1))], in: state, for: "quotes")
        let path = "\(run.accounts[0].folder)/client-ids"
        #expect(throws: StateError.exhausted(path: path, account: "A", reserved: .max - 10, wanted: 11)) { try run.reserve(11) }
        #expect(try run.reserve(10) == (.max - 9) ... .max)
        #expect(throws: StateError.exhausted(path: path, account: "A", reserved: .max, wanted: 1)) { try run.reserve(1) }
    }

    @Test(arguments: ["", "reserved", "reserved 12", "reserved 4294967296\n", "reserved -1\n", "12\n", "reserved 1 2\n"])
    func `a counter that is not as it was written is not believed`(text: String) throws {
        let folder = try { try take().folder }()
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/client-ids"))
        let error = StateError.corrupt(path: "\(folder)/client-ids", expected: "'reserved' and a number of 32 bits")
        #expect(throws: error) { try take() }
        #expect(error.hint?.contains("'reserved 4000000'") == true)
        // Nobody is left holding it.
        try Data("reserved 12\n".utf8).write(to: URL(filePath: "\(folder)/client-ids"))
        #expect(try take().reserved == 12)
    }

    @Test func `a write that was cut off leaves the old content`() throws {
        let folder = try {
            let held = try take()
            try held.reserve(upTo: 77)
            return held.folder
        }()
        // As a process leaves it that is killed before the new file takes the old one's place.
        try Data("reserved 9".utf8).write(to: URL(filePath: "\(folder)/client-ids.new"))
        let held = try take()
        #expect(held.reserved == 77)
        try held.reserve(upTo: 100)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/client-ids.new"))
    }

    @Test func `two accounts of a run that are one are refused, and all are let go where one is in use`() throws {
        #expect(throws: StateError.sameAccount("A", "B")) {
            try HeldAccounts([("A", Self.account(1)), ("B", Self.account(1))], in: state, for: "quotes")
        }
        let held = try take(2, for: "other")
        #expect(throws: StateError.inUse(account: "B", process: Int(getpid()), run: "other")) {
            try HeldAccounts([("A", Self.account(1)), ("B", Self.account(2))], in: state, for: "quotes")
        }
        #expect(try take(1).reserved == held.reserved)
    }

    // MARK: The run

    @Test func `a run that did not end in order is found again`() throws {
        let run = AccountState.Run(journal: "/j o/urnal.mmj", scenario: "quotes", clientBase: 123)
        do { try take().begin(run) }
        do {
            let held = try take()
            #expect(held.run == run)
            try held.end()
            #expect(held.run == nil)
            try held.end()
        }
        #expect(try take().run == nil)
    }

    @Test(arguments: ["", "journal a\nscenario b\n", "journal a\nscenario b\nclient_base -1\n", "journal a\nscenario b\nclient_base 1"])
    func `a run that is not as it was written is not believed`(text: String) throws {
        let folder = try { try take().folder }()
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/run"))
        #expect(throws: StateError.corrupt(path: "\(folder)/run", expected: "the lines 'journal', 'scenario' and 'client_base'")) {
            try take()
        }
    }

    // MARK: Scenarios

    @Test func `what was confirmed last is remembered by the scenario's name`() throws {
        #expect(try state.confirmed("quotes") == nil)
        try state.confirm("quotes", "a = 1\nb = 2\n")
        try state.confirm("../../etc", "c = 3\n")
        #expect(try state.confirmed("quotes") == "a = 1\nb = 2\n")
        #expect(try state.confirmed("../../etc") == "c = 3\n")
        try state.confirm("quotes", "a = 2\n")
        #expect(try state.confirmed("quotes") == "a = 2\n")
        let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path("state/scenarios"))
        #expect(files.count == 2)
        for file in files {
            let url = URL(filePath: scratch.path("state/scenarios/\(file)"))
            try Data(String(decoding: try Data(contentsOf: url), as: UTF8.self).replacing(" = ", with: " = 9").utf8).write(to: url)
        }
        #expect(throws: StateError.self) { try state.confirmed("quotes") }
    }

    @Test func `free space is asked of the folder that is there`() throws {
        let free = try #require(StateFolder.freeBytes(at: scratch.path("not/yet/there")))
        #expect(free > 0)
        #expect(StateFolder.freeBytes(at: "") != nil)
    }
}
