internal import Market

/// Reads recorded latencies: rows of `request_ns,venue_ns,response_ns` below that line, sorted by request.
struct LatencySamples {
    static let header = "request_ns,venue_ns,response_ns"

    /// The scenario's: other paths are relative to it.
    let scenario: String
    /// The bytes of a file; nil if it can't be read.
    let bytes: (String) -> [UInt8]?

    /// nil, with an issue that names file and line, when something is wrong.
    func read(_ section: SectionReader, _ key: String) -> [LatencyModel.Sample]? {
        guard let name = section.text(key) else { return nil }
        let path = ScenarioResolver.resolve(name, beside: scenario)
        guard let bytes = bytes(path) else {
            section.fail(key, "'\(path)' can't be read", "it is relative to the scenario's file")
            return nil
        }
        do throws(Failure) { return try Self.parse(bytes) } catch {
            section.fail(key, "\(path):\(error.line): \(error.message)", error.hint)
            return nil
        }
    }

    private struct Failure: Error {
        var line: Int
        var message: String
        var hint: String?
    }

    private static func parse(_ bytes: [UInt8]) throws(Failure) -> [LatencyModel.Sample] {
        var samples: [LatencyModel.Sample] = []
        var answered = Timestamp.distantPast
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let text = String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            if number == 1 {
                guard text == header else { throw Failure(line: 1, message: "it does not begin with '\(header)'", hint: "write it first") }
                continue
            }
            if text.isEmpty { continue }
            let sample = try parse(text, number)
            if let last = samples.last, sample.request <= last.request {
                throw Failure(line: number, message: "the request is not after the one before", hint: "sort the rows by request_ns")
            }
            if !sample.isRefused {
                guard sample.venue >= answered else {
                    throw Failure(line: number, message: "the venue time is before that of an earlier request", hint: nil)
                }
                answered = sample.venue
            }
            samples.append(sample)
        }
        guard let first = samples.first, let last = samples.last else {
            throw Failure(line: number, message: "there are no rows", hint: nil)
        }
        if first.isRefused || last.isRefused {
            throw Failure(
                line: first.isRefused ? 2 : number, message: "the first and the last request must be ones that the venue took",
                hint: "they hold for all before and after")
        }
        return samples
    }

    private static func parse(_ text: String, _ line: Int) throws(Failure) -> LatencyModel.Sample {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3 else {
            throw Failure(line: line, message: "it has \(fields.count) fields instead of 3", hint: nil)
        }
        var times: [Timestamp] = []
        for field in fields {
            guard let time = Int64(field) else {
                throw Failure(line: line, message: "'\(field)' is not a whole number", hint: "times are nanoseconds since 1970")
            }
            times.append(Timestamp(nanoseconds: time))
        }
        let sample = LatencyModel.Sample(request: times[0], venue: times[1], response: times[2])
        guard sample.request.nanoseconds > 0, sample.response >= max(sample.request, sample.venue),
            sample.isRefused || sample.venue >= sample.request
        else {
            throw Failure(
                line: line, message: "its times do not follow each other",
                hint: "request, then venue, then response; a venue time of 0 is a refusal")
        }
        return sample
    }
}
