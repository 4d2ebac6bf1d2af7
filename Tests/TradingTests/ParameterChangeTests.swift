import Market
import Testing

@testable import Trading

/// A strategy that writes down how its parameters change.
private final class Tunable: Strategy {
    static let specification = StrategySpecification(
        name: "tunable", purpose: "tests", phases: [], roles: [],
        parameters: [
            .init("margin", .rate(-100...100), default: ["0 bp"], isLiveUpdatable: true, ""),
            .init("pause", .durationRange(0...1_000), default: ["1 ns", "2 ns"], isLiveUpdatable: true, ""),
            .init("size", .amount(1...1_000), default: nil, isLiveUpdatable: true, ""),
            .init("style", .choice(["fast", "slow"]), default: ["fast"], isLiveUpdatable: true, ""),
            .init("cycles", .integer(1...9), default: ["unlimited"], mayBeUnlimited: true, isLiveUpdatable: true, ""),
            .init("is_on", .boolean, default: ["true"], isLiveUpdatable: true, ""),
            .init("share", .factor(0...1_000), default: ["0"], isLiveUpdatable: true, ""),
            .init("wait", .duration(0...1_000), default: ["0 s"], isLiveUpdatable: true, ""),
            .init("side", .choice(["buy", "sell"]), default: ["buy"], ""),
        ])
    var updates: [(name: String, value: ParameterValue)] = []

    init() {}
    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {}
    var interests: Interests { [] }
    func start(_ context: inout Context) {}
    func receive(_ event: StrategyEvent, _ context: inout Context) {}
    func stop(_ reason: StopReason, _ context: inout Context) {}
    func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) { updates.append((parameter, value)) }
}

private final class Kept: JournalSink {
    var blocks: [[UInt8]] = []
    func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) { blocks.append(block) }
}

@Suite struct ParameterChangeTests {
    private static let specification = Tunable.specification

    private static func core(_ strategy: Tunable, _ journal: Journal? = nil) -> TradingCore {
        let account = CoreConfiguration.Account(name: "a", venue: VenueID(0), balances: [])
        let core = TradingCore(CoreConfiguration(instruments: [.plain], accounts: [account], seed: 1), journal: journal)
        core.attach(strategy, subscriptions: [])
        core.start(at: Timestamp(nanoseconds: 10))
        return core
    }

    @Test(
        arguments: [
            (0, .rate(Rate(trillionths: -7))), (1, .durationRange(Nanoseconds(count: 3), Nanoseconds(count: 1_000))),
            (2, .amount(Money(nanos: 5, .btc))), (3, .choice("slow")), (4, .integer(9)), (4, .unlimited), (5, .boolean(false)),
            (6, .factor(Rate(trillionths: 1_000))), (7, .duration(Nanoseconds(count: 4))),
        ] as [(Int, ParameterValue)])
    func `a change survives as words, whatever kind of value it brings`(parameter: Int, value: ParameterValue) throws {
        let change = try #require(ParameterChange(value, of: parameter, in: Self.specification, instance: StrategyID(5)))
        let read = try #require(ParameterChange(words: change.words))
        #expect(read == change && read.instance == StrategyID(5))
        let meaning = try #require(read.meaning(in: Self.specification))
        #expect(meaning.parameter == Self.specification.parameters[parameter] && meaning.value == value)
    }

    @Test(
        arguments: [
            (0, .rate(Rate(trillionths: 101))), (0, .factor(Rate(trillionths: 1))), (0, .unlimited),
            (1, .durationRange(Nanoseconds(count: 4), Nanoseconds(count: 3))), (2, .amount(Money(nanos: 0, .btc))), (3, .choice("slower")),
            (4, .integer(10)), (8, .choice("sell")), (9, .integer(1)), (-1, .integer(1)),
        ] as [(Int, ParameterValue)])
    func `no change is made of what is out of bounds, of another kind, or fixed`(parameter: Int, value: ParameterValue) {
        #expect(ParameterChange(value, of: parameter, in: Self.specification, instance: StrategyID(0)) == nil)
    }

    @Test func `words that are none are refused, and a change that a specification can't make has no meaning in it`() throws {
        #expect(ParameterChange(words: [0, 0]) == nil && ParameterChange(words: [9 << 32, 0, 0]) == nil)
        #expect(ParameterChange(words: [1 << 40, 0, 0]) == nil)
        let unknown = try #require(ParameterChange(words: [99 << 16, 0, 0]))
        #expect(unknown.meaning(in: Self.specification) == nil)
        // The ninth of two choices.
        let choice = try #require(ParameterChange(words: [3 << 16 | 8 << 32, 8, 0]))
        #expect(choice.meaning(in: Self.specification) == nil)
    }

    @Test func `the instance is told, once for each change, and of each parameter the last value is kept`() throws {
        let strategy = Tunable()
        let core = Self.core(strategy)
        let values: [(Int, ParameterValue)] = [(0, .rate(Rate(trillionths: 1))), (3, .choice("slow")), (0, .rate(Rate(trillionths: 2)))]
        for (parameter, value) in values {
            let change = try #require(ParameterChange(value, of: parameter, in: Self.specification, instance: StrategyID(0)))
            core.receive(.set(change), at: Timestamp(nanoseconds: 20))
        }
        #expect(strategy.updates.map(\.name) == ["margin", "style", "margin"])
        #expect(strategy.updates.map(\.value) == values.map(\.1))
        let kept = core.changes(of: StrategyID(0)).compactMap { $0.meaning(in: Self.specification)?.value }
        #expect(kept == [.choice("slow"), .rate(Rate(trillionths: 2))])
    }

    @Test func `a core that is rebuilt from its journal decides by what was changed`() throws {
        let (sink, strategy) = (Kept(), Tunable())
        let journal = Journal(sink: sink)
        let core = Self.core(strategy, journal)
        let change = try #require(ParameterChange(.choice("slow"), of: 3, in: Self.specification, instance: StrategyID(0)))
        core.receive(.set(change), at: Timestamp(nanoseconds: 20))
        #expect(!sink.blocks.isEmpty, "it outlives the process from then on")
        var decoder = JournalDecoder()
        let entries = try sink.blocks.flatMap { try decoder.decode($0) }
        let (fresh, again) = (Tunable(), Journal(sink: nil))
        let rebuilt = Self.core(fresh, again)
        for case .operator(let event, let time) in entries { rebuilt.receive(event, at: time) }
        #expect(again.hash == journal.hash && fresh.updates.map(\.name) == ["style"])
        #expect(rebuilt.changes(of: StrategyID(0)) == [change])
    }

    @Test func `a change of nobody's, of what is fixed, or after the end has no effect and is in the journal all the same`() throws {
        let (strategy, journal) = (Tunable(), Journal(sink: nil))
        let core = Self.core(strategy, journal)
        let before = journal.recordCount
        for words in [[7, 1, 0], [8 << 16 | 8 << 32, 1, 0], [99 << 16, 0, 0]] as [[UInt64]] {
            core.receive(.set(try #require(ParameterChange(words: words))), at: Timestamp(nanoseconds: 20))
        }
        core.stop(.operator)
        let change = try #require(ParameterChange(.boolean(false), of: 5, in: Self.specification, instance: StrategyID(0)))
        core.receive(.set(change), at: Timestamp(nanoseconds: 30))
        #expect(strategy.updates.isEmpty && core.changes(of: StrategyID(0)).isEmpty)
        #expect(journal.recordCount == before + 5)
    }
}
