import CommonWorkload
import Simulation

/// What a measuring call asks for.
struct Options {
    var feed = ""
    var setting = WorkloadWorld.Setting()
    var queueName = "ra"
    /// A tape is decoded by a thread of its own.
    var usesThread = false
    /// Each in a world of its own; the median counts.
    var runs = 1
    var dump: String?

    private static let queues: [String: QueueModel] = [
        "ra": .riskAverse, "power": .power(2), "power3": .powerOfShare(2), "log": .logarithmic,
    ]

    init(_ arguments: [String]) throws(WorkloadError) {
        var words = arguments[...]
        var plain: [String] = []
        while let word = words.popFirst() {
            guard word.hasPrefix("--") else {
                plain.append(word)
                continue
            }
            if word == "--full" {
                setting.isFull = true
                continue
            }
            guard let value = words.popFirst() else { throw .usage("\(word) wants a value\n\(usage)") }
            try set(word, value)
        }
        guard plain.count == 2, ["S0", "S1"].contains(plain[1]) else { throw .usage(usage) }
        feed = plain[0]
        setting.isQuoting = plain[1] == "S1"
        setting.keepsFills = dump != nil
        if setting.isQuoting, !setting.keepsVenueBooks { throw .usage("S1 needs the venue's books: leave --books 1 out") }
        if setting.isFull, !setting.isQuoting || dump != nil { throw .usage("--full is for S1, without --dump") }
        if !setting.isQuoting, dump != nil { throw .usage("S0 has no fills to dump") }
    }

    private mutating func set(_ word: String, _ value: String) throws(WorkloadError) {
        switch (word, value) {
        case ("--queue", _):
            guard let queue = Self.queues[value] else { throw .usage("there is no queue '\(value)'\n\(usage)") }
            (queueName, setting.queue) = (value, queue)
        case ("--books", "1"): setting.keepsVenueBooks = false
        case ("--books", "2"): setting.keepsVenueBooks = true
        case ("--decoder", "none"): usesThread = false
        case ("--decoder", "thread"): usesThread = true
        case ("--dump", _): dump = value
        case ("--runs", _):
            guard let count = Int(value), count > 0 else { throw .usage("--runs wants a number of runs\n\(usage)") }
            runs = count
        default: throw .usage("'\(word) \(value)' is not known\n\(usage)")
        }
    }
}
