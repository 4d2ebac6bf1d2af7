import Market
import Strategies
import Testing
import Trading

@testable import Runtime

@Suite struct JournalStoryTests {
    private let bench: Workbench
    private let journal: String
    private let entries: [JournalEntry]

    init() throws {
        bench = try Workbench()
        journal = bench.folder + "/journal.sqlite"
        _ = try bench.run(bench.scenario(bench.synth(minutes: 3), parameters: Workbench.xemm), journal: journal)
        entries = try Journals.entries(journal)
    }

    private func lines(_ question: JournalStory.Question) throws -> (lines: [JournalStory.Line], fate: JournalStory.Fate?) {
        let file = try JournalFile(opening: journal)
        var story = JournalStory(file, question)
        var lines: [JournalStory.Line] = []
        while let entry = try file.next() { if let line = story.take(entry) { lines.append(line) } }
        return (lines, story.fate)
    }

    @Test func `an order's chain goes from what led to it over its fills to its end`() throws {
        // A hedge: a market-taking order that a fill of the maker's led to.
        let hedge = try #require(
            entries.lazy.compactMap { entry -> OrderRequest? in
                guard case .command(.submit(let request), _) = entry, request.account == AccountID(1) else { return nil }
                return request
            }.first)
        let (lines, fate) = try lines(.init(order: hedge.order))
        #expect(lines.map(\.entry.entry) == entries.filter { $0.order == hedge.order })
        let submit = try #require(lines.first)
        #expect(submit.told.what == "submit" && submit.told.account == "T" && submit.told.instrument == "BTC@two")
        let size = try JournalFile(opening: journal).names.quantity(hedge.quantity, InstrumentID(1))
        #expect(submit.told.details.first == .init(name: "\(hedge.side)", value: size))
        guard case .record(let cause) = submit.cause, case .report(let event) = cause.entry, case .filled(let fill) = event.report else {
            Issue.record("the hedge was not led to by a fill: \(String(describing: submit.cause))")
            return
        }
        #expect(event.account == AccountID(0) && cause.entry.time == submit.entry.entry.time && fill.side != hedge.side)
        #expect(fate?.filled == hedge.quantity && fate?.quantity == hedge.quantity && fate?.end != nil)
        // Its records tell the instrument though not all of them name it.
        #expect(lines.allSatisfy { $0.told.instrument == "BTC@two" && $0.told.order == hedge.order })
    }

    @Test func `a quote was led to by market data, and the line says when`() throws {
        let (lines, _) = try lines(.init(account: AccountID(0)))
        let quotes = lines.filter { if case .command(.submit, _) = $0.entry.entry { true } else { false } }
        #expect(quotes.contains { $0.cause == .market($0.entry.entry.time) })
        #expect(lines.allSatisfy { $0.told.account == "M" && ($0.cause == nil) == !$0.entry.entry.isCommand })
    }

    @Test func `records around a time are those within the span, and numbers count all of them`() throws {
        let middle = entries[entries.count / 2].time
        let question = JournalStory.Question(around: middle, within: .milliseconds(500))
        let found = try lines(question).lines
        let expected = entries.enumerated().filter { abs(($0.element.time - middle).count) <= 500_000_000 }
        #expect(found.map(\.entry.entry) == expected.map(\.element) && found.count > 1 && found.count < entries.count)
        #expect(found.map(\.entry.number) == expected.map { Int64($0.offset + 1) })
    }

    @Test func `without a header numbers stand for names, and every record has words`() throws {
        let (named, bare) = (try JournalFile(opening: journal).names, JournalNames(nil))
        for entry in entries {
            #expect(!named.tell(entry).what.isEmpty)
            #expect(bare.tell(entry).account == entry.account.map { "account \($0.rawValue)" })
        }
        #expect(named.account(named: "T") == AccountID(1) && named.account(named: "X") == nil && bare.accountNames == [])
    }
}
