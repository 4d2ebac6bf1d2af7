import Foundation
import Market
import TestSupport
import Testing

@testable import Tape

@Suite struct CrashTests {
    @Test func `a recorder that is killed at any moment loses no committed record and at most a quarter second`() throws {
        var random = SeededGenerator(seed: 20)
        var (place, sealed, parts) = (try Place(), 0, 0)
        for trial in TestScale.seeds(20) {
            if trial % 8 == 0 { place = try Place() }
            let lines = try Self.killAfter(Int(random.uniform(in: 1...120)), place)
            func last(_ word: String) -> Int? {
                lines.last { $0.hasPrefix(word + " ") }.flatMap { Int($0.dropFirst(word.count + 1)) }
            }
            #expect(last("error") == nil && !lines.contains { $0.hasPrefix("error") }, "trial \(trial): \(lines.suffix(3))")
            let opened = try #require(last("opened"))
            let events = try RecorderTests.read(place.tape)
            #expect(events.count >= last("committed") ?? opened, "trial \(trial)")
            // 10 µs from record to record, as the recorder was told; the batch being appended may or may not be reported.
            #expect((last("appended") ?? opened) - events.count <= 25_000, "trial \(trial)")
            #expect(events.indices.allSatisfy { events[$0].quantity == Int64($0) && events[$0].price == Int64($0 % 1_000) })
            let tape = try Tape(opening: place.tape)
            #expect(try tape.meta("position").flatMap { Int($0) } ?? 0 == events.count, "a word belongs to its commit")
            let frames = try RecorderTests.frames(place.tape, InstrumentID(0))
            #expect(frames.count == (events.count + 499) / 500)
            #expect(frames.indices.allSatisfy { frames[$0].bytes == Array("{\"frame\":\($0 * 500)}".utf8) })
            #expect(tape.isUnfinished)
            let database = try Database(place.tape, .readOnly)
            sealed += Int(try database.integer("SELECT count(*) FROM chunk"))
            parts += Int(try database.integer("SELECT count(*) FROM open_chunk"))
        }
        #expect(sealed > 0 && parts > 0, "the moments were of no interest")
    }

    /// Lets the program record into a place until it has said so many lines more, and kills it.
    ///
    /// - Returns: All it said.
    private static func killAfter(_ count: Int, _ place: Place) throws -> [String] {
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let process = Process()
        process.executableURL = URL(filePath: tests).deletingLastPathComponent().appending(path: "tapewriter")
        process.arguments = [place.tape]
        process.environment = ["SWIFT_BACKTRACE": "enable=no"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var said = Data()
        while said.count(where: { $0 == 10 }) < count {
            let more = pipe.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            said += more
        }
        kill(process.processIdentifier, SIGKILL)
        said += pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
