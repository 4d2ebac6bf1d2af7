internal import Market
internal import Scenario
internal import Signing
internal import Strategies
internal import Tape
internal import Trading
internal import Venues

/// The journal of a live run as it is read: what it was built from, and what crossed its border, block by block.
public final class LiveJournalFile {
    public let path: String
    private let reader: JournalReader
    let core: RunHeader
    let sessions: LiveHeader
    /// Behind the blocks that were read.
    private(set) var borderHash = JournalHash()

    /// - Throws: `RunError.journal` saying what the file is instead, or that it is damaged.
    public init(opening path: String) throws(RunError) {
        self.path = path
        do { reader = try JournalReader(opening: path) } catch { throw RunError(journal: error, path: path) }
        guard let session = reader.meta[LiveHeader.key], let header = reader.meta[RunHeader.key] else {
            throw .journal(path: path, message: "'\(path)' is not the journal of a live run", hint: nil)
        }
        do { (core, sessions) = (try RunHeader(json: header), try LiveHeader(json: session)) } catch {
            throw .journal(path: path, message: "'\(path)': what its run was built from can't be read: \(error)", hint: nil)
        }
    }

    /// Whether a journal is a live run's.
    public static func isLive(_ path: String) -> Bool {
        (try? JournalReader(opening: path)).map { $0.meta[LiveHeader.key] != nil } ?? false
    }

    /// Whether the run came to its end.
    public var isComplete: Bool { reader.isComplete }
    /// The scenario's name, canonical text and hash.
    public var run: String { reader.meta["run"] ?? "" }
    public var scenario: String { reader.meta["scenario"] ?? "" }
    public var scenarioHash: String { reader.meta["scenario_hash"] ?? "" }
    /// Added to the run's order numbers at its venues, the largest of them: other runs' numbers are counted from there.
    public var clientBases: [UInt32] { sessions.sessions.map(\.clientBase) }

    /// What crossed the border, the next block of it; nil at the end.
    ///
    /// - Throws: `RunError.journal` at a block that is damaged.
    func nextEntries() throws(RunError) -> [BorderEntry]? {
        let block: JournalReader.Block?
        do { block = try reader.nextBorderBlock() } catch { throw RunError(journal: error, path: path) }
        guard let block else { return nil }
        borderHash = BorderBlock.hash(block.bytes, after: borderHash)
        guard JournalStore.hexadecimal(borderHash.value) == block.hashAfter else {
            throw damage("block \(block.sequence) of the border does not lead to the hash that was written after it")
        }
        do throws(JournalFault) { return try BorderBlock.entries(block.bytes) } catch {
            throw damage("block \(block.sequence) of the border: \(error.message)")
        }
    }

    /// The run as it was before anything had come to it, with keys that sign for nothing.
    ///
    /// - Throws: `RunError.journal` when it is of another program.
    func makeLive(_ registry: StrategyRegistry, _ record: Journal) throws(RunError) -> LiveCore {
        try sessions.makeLive(core, registry, record, path: path) { id, speaks in
            // Any key does: secrets are compared by nobody.
            try? speaks.account(id, secret: Base64.text([UInt8](repeating: UInt8(truncatingIfNeeded: id.index), count: 32)))
        }
    }

    /// What was simulated in place of its venues.
    ///
    /// - Throws: `RunError.journal` when it is of another program.
    func plan(_ registry: StrategyRegistry, start: Timestamp) throws(RunError) -> RunPlan {
        let scenario: Scenario
        do throws(ScenarioError) {
            scenario = try ScenarioLoader(strategies: registry.specifications).resolve(reader.meta["scenario_source"] ?? "", file: path)
        } catch {
            let why = error.issues.first.map { $0.key.isEmpty ? $0.message : "\($0.key): \($0.message)" } ?? "it is empty"
            throw .journal(
                path: path, message: "the scenario of '\(path)' can't be read: \(why)",
                hint: "read it with the program of the run")
        }
        guard let instruments = core.listedInstruments, instruments.count == core.feeds.count else {
            throw .journal(path: path, message: "'\(path)': what its run was built from makes no sense", hint: nil)
        }
        let balances = core.accounts.map { $0.balances.compactMap(\.value) }
        let listed = scenario.venues.indices.map { venue in
            instruments.indices.filter { core.feeds[$0].venue == venue }.map { instruments[$0] }
        }
        return try LivePlan(scenario, listed: listed, at: start).holding(balances).plan
    }

    /// How many records of the core are in the journal, and their running hash.
    func storedRecords() throws(RunError) -> (count: Int64, hash: UInt64) {
        var (count, hash) = (Int64(0), JournalHash().value)
        while true {
            let block: JournalReader.Block?
            do { block = try reader.nextBlock() } catch { throw RunError(journal: error, path: path) }
            guard let block else { return (count, hash) }
            guard let after = UInt64(block.hashAfter, radix: 16) else { throw damage("block \(block.sequence) has no hash") }
            (count, hash) = (count + Int64(block.records), after)
        }
    }

    private func damage(_ reason: String) -> RunError {
        .journal(path: path, message: "'\(path)' is damaged: \(reason)", hint: "a run can't go on from it; see to what the venues hold")
    }
}
