import Market
import Testing

@testable import Trading

/// A venue that refuses questions is asked less and less often, and no less than every sixteen seconds.
@Suite struct RefusedQueryTests {
    /// When the order was asked about, in seconds after it was sent, while the venue refuses each question or says nothing.
    private static func questions(refused: Bool, seconds: Int64) -> [Int64] {
        let stage = CoreStage()
        _ = stage.submit(CoreStage.draft(.buy, 98, 5))
        _ = stage.takeCommands()
        let start = stage.now
        var times: [Int64] = []
        for _ in 0..<seconds {
            stage.wake(after: .seconds(1))
            for case .query in stage.takeCommands() {
                times.append((stage.now - start).count / 1_000_000_000)
                if refused { stage.report(.rejected(.venue, .query, .rateLimit)) }
            }
        }
        return times
    }

    @Test func `an order of which nothing is known is asked about at longer and longer intervals`() {
        let silent = Self.questions(refused: false, seconds: 60)
        #expect(silent.count >= 29, "a lost question is asked again at once: \(silent)")
        let times = Self.questions(refused: true, seconds: 60)
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(times.first == 2 && gaps.first.map { $0 >= 2 && $0 <= 4 } == true, "\(times)")
        #expect(zip(gaps.dropFirst(), gaps).allSatisfy { $0 >= $1 - 1 } && gaps.max().map { $0 >= 15 && $0 <= 18 } == true, "\(times)")
        #expect(times.count < 9)
    }

    @Test func `an account is compared less often while its venue refuses, and as ever once it answers`() {
        let stage = CoreStage(reconcileEvery: .seconds(1))
        _ = stage.takeCommands()
        func asked(_ seconds: Int, refused: Bool) -> Int {
            var count = 0
            for _ in 0..<seconds * 10 {
                stage.wake(after: .milliseconds(100))
                var queries: [QueryRequest] = []
                for case .query(let query) in stage.takeCommands() { queries.append(query) }
                for query in queries {
                    if query.subject == .positions { count += 1 }
                    stage.report(refused ? .rejected(.venue, .query, .rateLimit) : .endOfAnswer(query: query.query))
                }
            }
            return count
        }
        #expect(asked(20, refused: false) >= 15)
        let refusals = asked(60, refused: true)
        #expect(refusals >= 4 && refusals <= 8, "\(refusals)")
        _ = asked(17, refused: false)
        #expect(asked(20, refused: false) >= 15)
    }

    @Test func `a venue that says it does not know an order answers, and is asked at once what became of it`() {
        let stage = CoreStage()
        let id = stage.submit(CoreStage.draft(.buy, 98, 5))
        stage.report(.acknowledged(id))
        // Questions of another order were refused: the venue is left alone.
        stage.report(.rejected(.venue, .query, .venue))
        stage.act { $0.cancel(id) }
        _ = stage.takeCommands()
        stage.report(.rejected(id, .cancel, .unknownOrder))
        #expect(
            stage.takeCommands().contains {
                if case .query(let request) = $0 { request.subject == .order(id, CoreStage.instrument) } else { false }
            })
    }

    @Test(arguments: [false, true])
    func `however often an unknown order is cancelled, the question about it is not put off`(withAll: Bool) {
        let stage = CoreStage()
        let id = stage.submit(CoreStage.draft(.buy, 98, 5))
        stage.wake(after: .seconds(2))
        _ = stage.takeCommands()
        var questions = 0
        for _ in 0..<10 {
            stage.act { if withAll { $0.cancelAll(CoreStage.account) } else { $0.cancel(id) } }
            stage.report(withAll ? .rejected(.venue, .cancelAll, .venue) : .rejected(id, .cancel, .venue))
            stage.wake(after: .milliseconds(1_000))
            for case .query in stage.takeCommands() { questions += 1 }
        }
        #expect(questions >= 4)
    }
}
