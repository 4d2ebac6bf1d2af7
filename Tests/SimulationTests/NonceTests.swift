import Market
import Testing
import Trading

@testable import Simulation

/// Requests carry numbers, and the venue wants them in order.
@Suite struct NonceTests {
    private static func stage(_ rule: NonceRule, _ change: (inout VenueConfiguration) -> Void = { _ in }) -> Stage {
        let stage = Stage {
            $0.nonceRule = rule
            change(&$0)
        }
        stage.bid(99, 5)
        stage.ask(101, 5)
        return stage
    }

    private static func order(_ id: UInt64, _ price: Int64 = 98, postOnly: Bool = false) -> Command {
        .submit(
            OrderRequest(
                account: AccountID(0), instrument: Stage.instrument, order: OrderID(id), side: .buy, type: .limit,
                timeInForce: .goodTillCancelled, price: Price(ticks: price), quantity: Quantity(lots: 1), postOnly: postOnly))
    }

    @Test(arguments: [
        (rule: NonceRule.exact, accepted: [true, true, false, false, true, false]),
        (.increasing, [true, true, true, false, false, true]),
    ])
    func `the numbers that each rule takes`(rule: NonceRule, accepted: [Bool]) {
        var order = NonceOrder(rule)
        #expect([1, 2, 5, 2, 3, 6].map { order.accept($0) } == accepted)
    }

    @Test func `a lane stands for a key of its own, whose numbers no other lane disturbs`() {
        // Cancels take 10, orders 100: the cancel overtakes the order that was sent before it.
        let stage = Self.stage(.exact) {
            for account in $0.accounts.indices {
                var entry = EntryLatency(.constant(Nanoseconds(count: 100)))
                entry[.cancel] = .constant(Nanoseconds(count: 10))
                $0.accounts[account].connection = ConnectionModel(
                    entry: entry, response: .constant(Nanoseconds(count: 50)), separatesLanes: true)
            }
        }
        #expect(stage.send(Self.order(1)) == [.acknowledged(OrderID(1))])
        stage.venue.handle(Self.order(2), now: stage.now)
        let cancel = Command.cancel(CancelRequest(account: AccountID(0), instrument: Stage.instrument, order: OrderID(1)))
        #expect(stage.send(cancel) == [.cancelled(OrderID(1), .requested), .acknowledged(OrderID(2))])
    }

    @Test func `requests that were under way when one was turned away are turned away too, until the sender has heard of it`() {
        let stage = Self.stage(.exact) { $0.limits = RequestLimits(windows: [.init(1, per: .seconds(1), [.submit: 1])]) }
        #expect(stage.send(Self.order(1)) == [.acknowledged(OrderID(1))])
        stage.venue.handle(Self.order(2), now: stage.now)
        let cancel = Command.cancel(CancelRequest(account: AccountID(0), instrument: Stage.instrument, order: OrderID(1)))
        #expect(stage.send(cancel) == [.rejected(OrderID(2), .submit, .rateLimit), .rejected(OrderID(1), .cancel, .nonce)])
        #expect(stage.send(cancel) == [.cancelled(OrderID(1), .requested)])
    }

    @Test func `a request that is lost leaves a gap, and the next refusal mends it`() {
        let stage = Self.stage(.exact) {
            $0.faults = FaultPlan(
                [
                    Fault(
                        .submitFailure(.silence), from: Timestamp(nanoseconds: 1_003_000), until: Timestamp(nanoseconds: 1_004_500))
                ])
        }
        #expect(stage.send(Self.order(1)) == [.acknowledged(OrderID(1))])
        #expect(stage.send(Self.order(2)).isEmpty)
        stage.pass(Nanoseconds(count: 3_000))
        let cancel = Command.cancel(CancelRequest(account: AccountID(0), instrument: Stage.instrument, order: OrderID(1)))
        #expect(stage.send(cancel) == [.rejected(OrderID(1), .cancel, .nonce)])
        #expect(stage.send(cancel) == [.cancelled(OrderID(1), .requested)])
    }

    @Test func `a request that is one too many keeps its number`() {
        let stage = Self.stage(.exact) { $0.limits = RequestLimits(windows: [.init(1, per: .seconds(1), [.submit: 1])]) }
        #expect(stage.send(Self.order(1)) == [.acknowledged(OrderID(1))])
        #expect(stage.send(Self.order(2)) == [.rejected(OrderID(2), .submit, .rateLimit)])
        let cancel = Command.cancel(CancelRequest(account: AccountID(0), instrument: Stage.instrument, order: OrderID(1)))
        #expect(stage.send(cancel) == [.cancelled(OrderID(1), .requested)])
    }

    @Test func `an order that is refused in the matching has used its number up`() {
        let stage = Self.stage(.exact)
        #expect(stage.send(Self.order(1, 101, postOnly: true)) == [.rejected(OrderID(1), .submit, .postOnlyWouldTake)])
        #expect(stage.send(Self.order(2)) == [.acknowledged(OrderID(2))])
    }

    @Test func `queries carry no number`() {
        let stage = Self.stage(.exact)
        stage.send(.query(QueryRequest(account: AccountID(0), query: 1, subject: .balances)))
        #expect(stage.send(Self.order(1)) == [.acknowledged(OrderID(1))])
    }

    @Test func `Lighter wants exactly the next number, the others none`() {
        #expect(VenueProfile.all.filter { $0.nonceRule != nil }.map(\.name) == ["lighter-standard", "lighter-premium"])
        #expect(VenueProfile.named("lighter-premium")?.nonceRule?.value == .exact)
    }
}

@Suite struct RefusedRequestTests {
    @Test func `every request that is turned away is answered`() {
        let stage = Stage {
            $0.limits = RequestLimits(windows: [.init(1, per: .seconds(1), [.query: 1]), .init(1, per: .seconds(1), [.cancelAll: 1])])
        }
        let all = Command.cancelAll(account: AccountID(0), instrument: nil)
        func query(_ subject: QueryRequest.Subject) -> Command { .query(QueryRequest(account: AccountID(0), query: 7, subject: subject)) }
        #expect(stage.send(query(.openOrders)) == [.endOfAnswer(query: 7)])
        #expect(stage.send(query(.openOrders)) == [.rejected(.venue, .query, .rateLimit)])
        #expect(stage.send(query(.order(OrderID(3), Stage.instrument))) == [.rejected(OrderID(3), .query, .rateLimit)])
        #expect(stage.send(all).isEmpty)
        #expect(stage.send(all) == [.rejected(.venue, .cancelAll, .rateLimit)])
    }
}
