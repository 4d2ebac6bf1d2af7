import Foundation
import Market
import TestSupport
import Testing

@testable import Feeds
@testable import Venues

@Suite struct LineReaderTests {
    private func lines(_ path: String) throws -> [String] {
        let reader = try LineReader(path)
        var lines: [String] = []
        while true {
            let result: Result<Bool, Never> = try reader.next { line in lines.append(line.text) }
            if case .success(false) = result { return lines }
        }
    }

    @Test(arguments: [
        ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\r\nb\r\n", ["a", "b"]), ("\n\na", ["", "", "a"]),
    ])
    func `lines end with a line feed, with or without a carriage return`(text: String, expected: [String]) throws {
        let files = try Files()
        #expect(try lines(files.write("plain", text)) == expected)
    }

    @Test func `a line longer than every buffer is whole`() throws {
        let files = try Files()
        let long = String(repeating: "x", count: 1_500_000)
        #expect(try lines(files.write("long", "a\n\(long)\nb")) == ["a", long, "b"])
    }

    @Test func `gzip members follow each other, padding is passed over`() throws {
        let files = try Files()
        let member = try gzip("first\nsecond\n", files)
        #expect(try lines(files.write("two.gz", member + member)) == ["first", "second", "first", "second"])
        #expect(try lines(files.write("padded.gz", member + [0, 0, 0])) == ["first", "second"])
    }

    @Test func `a gzip file cut anywhere is an error that names the byte`() throws {
        let files = try Files()
        let whole = try gzip(String(repeating: "0123456789 abcdef\n", count: 5_000), files)
        for length in [3, 9, 10, 40, whole.count / 2, whole.count - 8, whole.count - 1] {
            let path = try files.write("cut.gz", Array(whole[..<length]))
            #expect(throws: FeedError.truncatedGzip(path: path, byteOffset: length)) { try lines(path) }
        }
    }

    @Test func `damage inside of a gzip file is an error`() throws {
        let files = try Files()
        var bytes = try gzip(String(repeating: "0123456789 abcdef\n", count: 5_000), files)
        bytes[bytes.count - 6] ^= 0xFF
        let path = try files.write("bad.gz", bytes)
        #expect { try lines(path) } throws: { error in
            if case .corruptGzip(path, _, _)? = error as? FeedError { true } else { false }
        }
    }

    @Test(arguments: TestScale.seeds(40))
    func `changed bytes of a gzip file are told or harmless, never a trap`(seed: UInt64) throws {
        let files = try Files()
        var random = SeededGenerator(seed: seed)
        var bytes = try gzip((0..<500).map { "\($0 * 7919 % 1_000)\n" }.joined(), files)
        for _ in 0..<3 { bytes[Int.random(in: 2..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
        let path = try files.write("changed.gz", bytes)
        do { _ = try lines(path) } catch let error as FeedError { #expect(!error.message.isEmpty) }
    }

    @Test func `a file that is not there or a folder can't be opened`() throws {
        let files = try Files()
        #expect(throws: FeedError.cannotOpen(path: files.path("none"), reason: "No such file or directory")) {
            try lines(files.path("none"))
        }
        #expect(throws: FeedError.cannotOpen(path: files.folder.path(), reason: "it is not a file")) { try lines(files.folder.path()) }
    }

    private func gzip(_ text: String, _ files: Files) throws -> [UInt8] {
        let plain = try files.write("plain.txt", text)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-kfn", plain]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(filePath: plain + ".gz")))
    }
}
