import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

/// What the recorded feed allows our fills in all, reckoned apart from the venue.
private struct Allowance {
    struct Level: Hashable {
        var side: Side
        var ticks: Int64
    }

    var shown: [Level: Int64] = [:]
    /// First display and every increase since, less what we filled.
    var left: [Level: Int64] = [:]

    mutating func show(_ level: Level, _ lots: Int64) {
        left[level, default: 0] += max(0, lots - shown[level, default: 0])
        shown[level] = lots
    }

    mutating func use(_ level: Level, _ lots: Int64) -> Bool {
        left[level, default: 0] -= lots
        return left[level, default: 0] >= 0
    }
}

/// A random market with two accounts that do whatever comes to mind, watched from outside.
private struct RandomVenue {
    var random: SeededGenerator
    let stage: Stage
    let rates = (maker: -Rate(basisPoints: 1), taker: Rate(trillionths: 345_678_901))
    var allowance = Allowance()
    var middle: Int64 = 1_000
    var nextOrder: UInt64 = 0
    var postOnly: Set<UInt64> = []
    var reduceOnly: Set<UInt64> = []
    var requeued: UInt64?
    var ahead: [UInt64: Double] = [:]
    var positions: [Int64] = [0, 0]
    /// Balance less cost, by account: what must be equal to the nanodollar.
    var books: [Int64]
    var fillCount = 0
    var broken: [String] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        let collateral: Int64 = 1_000_000_000_000_000
        let models: [QueueModel] = [.riskAverse, .tradesOnly, .power(2), .logarithmic]
        stage = Stage(
            collateral: [Money(nanos: collateral, .usd)], makerFee: rates.maker, takerFee: rates.taker, queue: models[Int(seed % 4)])
        books = [collateral, collateral]
    }

    mutating func expect(_ condition: Bool, _ rule: String) { if !condition { broken.append(rule) } }
    mutating func draw(_ range: ClosedRange<Int64>) -> Int64 { random.uniform(in: range) }

    mutating func step() {
        middle = max(50, middle + draw(-1...1))
        requeued = nil
        switch draw(0...9) {
        case 0...3: changeLevel()
        case 4...5: trade()
        case 6: draw(0...20) == 0 ? fullBook() : changeLevel()
        case 7: draw(0...30) == 0 ? settle() : changeLevel()
        default: request()
        }
        checkQueues()
        checkMoney()
    }

    private mutating func changeLevel() {
        let side: Side = draw(0...1) == 0 ? .buy : .sell
        let ticks = side == .buy ? middle - draw(0...6) : middle + draw(0...6)
        let level = Allowance.Level(side: side, ticks: ticks)
        let lots = max(0, draw(-5...20))
        allowance.show(level, lots)
        if side == .buy { stage.bid(ticks, lots) } else { stage.ask(ticks, lots) }
        take { fill, witness in
            witness.mechanism == .bookCrossed && fill.role == .maker && fill.side != side
                && (side == .buy ? fill.price.ticks <= ticks : fill.price.ticks >= ticks) ? level : nil
        }
    }

    private mutating func trade() {
        let aggressor: Side = draw(0...1) == 0 ? .buy : .sell
        let (ticks, lots) = (middle + draw(-2...2), draw(1...15))
        if aggressor == .buy { stage.bought(ticks, lots) } else { stage.sold(ticks, lots) }
        var left = lots
        for filled in stage.takeFills() {
            let fill = filled.fill
            let reached = aggressor == .buy ? fill.price.ticks <= ticks : fill.price.ticks >= ticks
            let mechanism = filled.witness.mechanism
            expect(reached && fill.side == aggressor.opposite, "a trade fills what it reaches")
            expect(mechanism == (fill.price.ticks == ticks ? .queueCleared : .tradeThrough), "a trade's fills say why")
            left -= fill.quantity.lots
            book(filled)
        }
        expect(left >= 0, "maker fills share what traded")
    }

    private mutating func fullBook() {
        let bids = (1...4).map { (middle - $0, draw(1...20)) }
        let asks = (1...4).map { (middle + $0, draw(1...20)) }
        let levels = Set((bids.map { Allowance.Level(side: .buy, ticks: $0.0) }) + asks.map { Allowance.Level(side: .sell, ticks: $0.0) })
        for (ticks, lots) in bids { allowance.show(.init(side: .buy, ticks: ticks), lots) }
        for (ticks, lots) in asks { allowance.show(.init(side: .sell, ticks: ticks), lots) }
        stage.snapshot(bids: bids, asks: asks)
        let orders = (buy: Set(bids.map(\.0)), sell: Set(asks.map(\.0)))
        var crossed: Int64 = 0
        for filled in stage.takeFills() {
            expect(filled.witness.mechanism == .bookCrossed && filled.fill.role == .maker, "a full book fills by crossing")
            crossed += filled.fill.quantity.lots
            book(filled)
        }
        let shown = bids.reduce(0) { $0 + $1.1 } + asks.reduce(0) { $0 + $1.1 }
        expect(crossed <= shown, "no more crosses than the full book shows")
        for (level, _) in allowance.shown where !levels.contains(level) { allowance.shown[level] = 0 }
        // Which level of several a fill used is not told: later changes are reckoned from what is certainly left.
        if crossed > 0 {
            for level in levels where !orders.buy.isEmpty { allowance.left[level] = min(allowance.left[level]!, allowance.shown[level]!) }
        }
    }

    private mutating func settle() {
        stage.receive(.mark, middle * 1_000_000_000)
        let time = stage.now.nanoseconds + 1_500
        stage.receive(.funding, draw(-1_000_000_000...1_000_000_000), 0, detail: time)
        stage.pass()
        stage.receive(.openInterest)
        let payments = stage.payments.suffix(positions.filter { $0 != 0 }.count)
        for entry in payments {
            let payment = entry.payment
            expect(payment.position.lots == positions[entry.account.index], "funding is paid on the position")
            books[entry.account.index] += payment.amount.nanos
        }
    }

    private mutating func request() {
        let account = Int(draw(0...1))
        switch draw(0...9) {
        case 0: stage.cancel(UInt64(draw(1...Int64(nextOrder + 1))), account: account)
        case 1:
            let order = UInt64(draw(1...Int64(nextOrder + 1)))
            requeued = order
            stage.amend(order, middle + draw(-4...4), draw(1...12), account: account)
        default:
            nextOrder += 1
            let kind = draw(0...9)
            let isPostOnly = kind < 3
            let isReduceOnly = kind > 7
            if isPostOnly { postOnly.insert(nextOrder) }
            if isReduceOnly { reduceOnly.insert(nextOrder) }
            let force: TimeInForce = isPostOnly ? .goodTillCancelled : TimeInForce.allCases[Int(draw(0...2))]
            stage.submit(
                draw(0...1) == 0 ? .buy : .sell, middle + draw(-5...5), draw(1...12), account: account, force, postOnly: isPostOnly,
                reduceOnly: isReduceOnly, order: nextOrder)
        }
        var makers: Int64 = 0
        var takers: Int64 = 0
        take { fill, witness in
            switch witness.mechanism {
            case .ownOrder:
                if fill.role == .maker { makers += fill.quantity.lots } else { takers += fill.quantity.lots }
                return .init(side: .buy, ticks: .min)
            case .ownTaker: return fill.role == .taker ? .init(side: fill.side.opposite, ticks: fill.price.ticks) : nil
            case .bookCrossed, .queueCleared, .tradeThrough: return nil
            }
        }
        expect(makers == takers, "own orders that meet fill alike")
    }

    /// Books the step's fills; `level` says which displayed level a fill used, nil that it should not be.
    private mutating func take(_ level: (Fill, FillWitness) -> Allowance.Level?) {
        for filled in stage.takeFills() {
            guard let level = level(filled.fill, filled.witness) else {
                broken.append("fill \(filled) has no cause in its step")
                continue
            }
            if level.ticks != .min { expect(allowance.use(level, filled.fill.quantity.lots), "\(level) was used more than it showed") }
            book(filled)
        }
    }

    private mutating func book(_ filled: VenueFill) {
        let (fill, account) = (filled.fill, filled.account.index)
        fillCount += 1
        expect(fill.trade == UInt64(fillCount), "trade ids count up")
        expect(fill.quantity.lots > 0, "a fill has a size")
        expect(fill.role == .maker || !postOnly.contains(fill.order.rawValue), "post-only never takes")
        let after = positions[account] + fill.signedQuantity.lots
        if reduceOnly.contains(fill.order.rawValue) {
            expect(abs(after) < abs(positions[account]) && after * positions[account] >= 0, "reduce-only never increases")
        }
        positions[account] = after
        let worth = fill.signedQuantity.lots * fill.price.ticks * 1_000_000_000
        let fee = Money(nanos: abs(worth), .usd).share(fill.role == .maker ? rates.maker : rates.taker)
        expect(fill.fee == fee, "fees go by role")
        books[account] -= worth + fee.nanos
    }

    private mutating func checkMoney() {
        for account in 0...1 {
            let id = AccountID(account)
            expect(stage.position(account) == positions[account], "positions are the fills")
            guard let mark = stage.venue.mark(Stage.instrument) ?? stage.venue.mid(Stage.instrument) else { continue }
            let equity = stage.venue.balances(id)[0] + stage.venue.unrealised(id, Stage.instrument, at: mark)
            expect(equity.nanos == books[account] + positions[account] * mark.nanos, "money is conserved")
        }
    }

    private mutating func checkQueues() {
        var now: [UInt64: Double] = [:]
        for side in [Side.buy, .sell] {
            for order in stage.venue.markets[0].orders(side) {
                let id = order.id.rawValue
                if let before = ahead[id], id != requeued { expect(order.queue.ahead <= before, "a queue ahead never grows") }
                now[id] = order.queue.ahead
            }
        }
        ahead = now
    }
}

@Test(arguments: TestScale.seeds(24))
func `whatever market and accounts do, fills have causes and money is conserved`(seed: UInt64) {
    var run = RandomVenue(seed: seed)
    for step in 0..<4_000 {
        run.step()
        if !run.broken.isEmpty {
            Issue.record("seed \(seed), step \(step): \(run.broken)")
            return
        }
    }
    #expect(run.fillCount > 100)
}

@Test func `the same seed gives the same fills`() {
    func fills() -> [Int64] {
        var run = RandomVenue(seed: 7)
        for _ in 0..<2_000 { run.step() }
        return run.books + run.positions + [Int64(run.fillCount)]
    }
    #expect(fills() == fills())
}

// MARK: Queue models

/// 10 ahead, 20 behind, and the level shrinks by 6.
@Test(
    arguments: [
        (QueueModel.tradesOnly, 10.0 as Double), (.riskAverse, 10.0), (.power(2), 8.8), (.powerOfShare(2), 9.333_333_333),
        (.logarithmic, 7.356_437_451),
    ] as [(QueueModel, Double)])
func `a shrinking level moves an order by its model`(model: QueueModel, ahead: Double) {
    var queue = QueuePosition(ahead: 10)
    queue.level(from: 30, to: 24, model, lotUnit: 1)
    #expect(abs(queue.ahead - ahead) < 1e-8)
}

@Test func `what traded is not counted again when the level shrinks by it`() {
    var queue = QueuePosition(ahead: 10)
    queue.trade(4)
    queue.level(from: 30, to: 26, .power(2), lotUnit: 1)
    #expect(queue.ahead == 6)
}
