import Market
import Testing

@testable import Trading

extension CoreStage {
    /// A report with a venue time of its own, in seconds before now.
    func report(_ report: AccountEvent.Report, venueSecondsAgo seconds: Int64) {
        pass()
        core.receive(
            AccountEvent(account: Self.account, venueTime: now - .seconds(seconds), receiveTime: now, report: report))
    }

    func status(_ id: OrderID, isOpen: Bool, price: Int64 = 98, quantity: Int64 = 5, filled: Int64 = 0) -> AccountEvent.Report {
        .status(
            OrderStatus(
                order: id, instrument: Self.instrument, isOpen: isOpen, price: Price(ticks: price), quantity: Quantity(lots: quantity),
                filled: Quantity(lots: filled)))
    }

    func amended(_ id: OrderID, _ price: Int64, _ quantity: Int64) -> AccountEvent.Report {
        .amended(id, price: Price(ticks: price), quantity: Quantity(lots: quantity))
    }

    static func cancelCommand(_ id: OrderID) -> Command { .cancel(CancelRequest(account: account, instrument: instrument, order: id)) }
}

/// What went wrong with an order, each as the situation in which it did.
@Suite struct OrderRepairTests {
    @Test func `a cancel that was lost is sent again when the venue says that the order rests, until it is answered`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.act { $0.cancel(id) }
        for _ in 0..<3 {
            stage.wake(after: .seconds(2))
            _ = stage.takeCommands()
            stage.report(stage.status(id, isOpen: true))
            #expect(stage.takeCommands() == [CoreStage.cancelCommand(id)])
            #expect(try stage.order(id).pending == .cancel && stage.order(id).certainty != .known)
        }
        #expect(stage.core.nextWake == stage.now + .seconds(2))
        stage.report(.cancelled(id, .requested))
        #expect(try stage.order(id).life == .done(.cancelled) && stage.order(id).certainty == .known && stage.core.nextWake == .never)
    }

    @Test func `a cancel that was lost after the core had stopped is sent again too`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.core.stop(.operator)
        stage.wake(after: .seconds(2))
        _ = stage.takeCommands()
        stage.report(stage.status(id, isOpen: true))
        #expect(stage.takeCommands() == [CoreStage.cancelCommand(id)])
    }

    @Test func `an amend that ends the order ends the cancel that waits`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.act { $0.amend(id, price: Price(ticks: 98), quantity: Quantity(lots: 2)) }
        stage.fill(id, .buy, 98, 2)
        stage.act { $0.cancel(id) }
        stage.report(stage.amended(id, 98, 2))
        // Another amend may have made it more: only its answer, or the venue's, says so.
        stage.report(.rejected(id, .cancel, .unknownOrder))
        stage.report(stage.status(id, isOpen: false, quantity: 2, filled: 2))
        #expect(try stage.order(id).life == .done(.filled) && stage.order(id).pending == .none && stage.core.nextWake == .never)
    }

    @Test func `an amend's report that was overtaken by the next one's changes nothing`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.act { $0.amend(id, price: Price(ticks: 97), quantity: Quantity(lots: 4)) }
        stage.report(stage.amended(id, 97, 4), venueSecondsAgo: 9)
        stage.act { $0.amend(id, price: Price(ticks: 96), quantity: Quantity(lots: 3)) }
        stage.report(stage.amended(id, 97, 4), venueSecondsAgo: 9)
        #expect(try stage.order(id).pending == .amend(price: Price(ticks: 96), quantity: Quantity(lots: 3)), "its answer has not come")
        stage.report(stage.amended(id, 96, 3), venueSecondsAgo: 5)
        stage.report(stage.amended(id, 97, 4), venueSecondsAgo: 9)
        #expect(try stage.order(id).price == Price(ticks: 96) && stage.order(id).quantity == Quantity(lots: 3))
        #expect(stage.takeEvents() == [.order(id, .amended), .order(id, .amended)])
    }

    @Test func `an order that was taken for never accepted, and fills, is filled, or else cancelled until the venue confirms`() throws {
        let stage = CoreStage()
        let whole = stage.submit(CoreStage.draft(.buy, 98, 5))
        stage.report(.notFound(whole))
        #expect(try stage.order(whole).life == .done(.failed))
        stage.fill(whole, .buy, 98, 5)
        #expect(try stage.order(whole).life == .done(.filled) && stage.order(whole).filled == Quantity(lots: 5))
        let part = stage.submit(CoreStage.draft(.buy, 98, 5))
        stage.report(.notFound(part))
        _ = stage.takeCommands()
        stage.fill(part, .buy, 98, 2)
        #expect(try stage.order(part).life == .done(.cancelled) && stage.order(part).certainty != .known)
        #expect(stage.takeCommands() == [CoreStage.cancelCommand(part)])
        // The cancel is lost: it is asked about, and sent again.
        stage.wake(after: .seconds(2))
        stage.report(stage.status(part, isOpen: true, filled: 2))
        #expect(stage.takeCommands().last == CoreStage.cancelCommand(part))
        stage.report(.cancelled(part, .requested))
        #expect(try stage.order(part).certainty == .known && stage.core.nextWake == .never)
        #expect(stage.act { $0.position(CoreStage.account, CoreStage.instrument) } == Quantity(lots: 7))
    }

    @Test func `fills that the venue counts and has not told are in flight until they come`() throws {
        let stage = CoreStage()
        func flying() -> Int64 { stage.act { $0.inFlight(CoreStage.account, CoreStage.instrument).lots } }
        let id = stage.open()
        stage.fill(id, .buy, 98, 1)
        stage.report(stage.status(id, isOpen: false, filled: 4))
        #expect(try stage.order(id).isDone && stage.order(id).filled == Quantity(lots: 1) && flying() == 3)
        stage.fill(id, .buy, 98, 2)
        #expect(flying() == 1)
        stage.fill(id, .buy, 98, 1)
        #expect(flying() == 0 && stage.act { $0.position(CoreStage.account, CoreStage.instrument) } == Quantity(lots: 4))
        // One that was taken for never accepted and lives: all that may still fill, until its cancel is answered.
        let part = stage.submit(CoreStage.draft(.sell, 101, 5))
        stage.report(.notFound(part))
        #expect(flying() == 0)
        stage.fill(part, .sell, 101, 2)
        #expect(flying() == -3)
        stage.report(.cancelled(part, .requested))
        #expect(flying() == 0)
    }

    @Test(arguments: [AccountEvent.Report.acknowledged(OrderID(1)), .triggered(OrderID(1))])
    func `an order that was taken for never accepted, and is acknowledged, is cancelled`(report: AccountEvent.Report) throws {
        let stage = CoreStage()
        let id = stage.submit(CoreStage.draft(.buy, 98, 5))
        stage.report(.notFound(id))
        _ = stage.takeCommands()
        stage.report(report)
        stage.report(report)
        #expect(stage.takeCommands() == [CoreStage.cancelCommand(id)])
        #expect(try stage.order(id).isDone && stage.order(id).certainty != .known)
        stage.report(.rejected(id, .cancel, .unknownOrder))
        #expect(try stage.order(id).certainty == .known && stage.core.nextWake == .never)
    }

    @Test func `an acknowledgement that comes twice does not answer a question that was asked since`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.act { $0.cancel(id) }
        stage.report(.rejected(id, .cancel, .unknownOrder))
        stage.report(.acknowledged(id))
        #expect(try stage.order(id).certainty != .known)
        #expect(stage.core.nextWake != .never)
    }

    @Test func `an answer from before the order came is not believed after a sign of its life`() throws {
        let stage = CoreStage()
        let id = stage.submit(CoreStage.draft(.buy, 98, 5))
        stage.wake(after: .seconds(2))
        stage.report(.acknowledged(id), venueSecondsAgo: 1)
        stage.report(.notFound(id), venueSecondsAgo: 2)
        #expect(try stage.order(id).life == .open)
        stage.report(.notFound(id), venueSecondsAgo: 0)
        #expect(try stage.order(id).life == .done(.cancelled))
    }

    @Test func `fills up to the old quantity do not end an order that may have been amended to more`() throws {
        let stage = CoreStage()
        let (amended, refused) = (stage.open(), stage.open())
        for id in [amended, refused] {
            stage.act { $0.amend(id, price: Price(ticks: 98), quantity: Quantity(lots: 7)) }
            stage.fill(id, .buy, 98, 5)
            #expect(try stage.order(id).life == .open)
        }
        stage.report(stage.amended(amended, 98, 7))
        #expect(try stage.order(amended).life == .open && stage.order(amended).remaining == Quantity(lots: 2))
        stage.report(.rejected(refused, .amend, .unknownOrder))
        #expect(try stage.order(refused).life == .done(.filled))
    }

    @Test func `an old answer does not prove that an amend was lost`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.act { $0.amend(id, price: Price(ticks: 98), quantity: Quantity(lots: 7)) }
        stage.wake(after: .seconds(2))
        stage.report(stage.status(id, isOpen: true))
        #expect(stage.takeEvents().contains(.order(id, .amendRejected(.venue))))
        _ = stage.takeCommands()
        stage.fill(id, .buy, 98, 5)
        #expect(try stage.order(id).life == .open && stage.order(id).certainty != .known)
        guard case .query(let query) = try #require(stage.takeCommands().last) else {
            Issue.record("nobody asks whether it lives")
            return
        }
        #expect(query.subject == .order(id, CoreStage.instrument))
        stage.report(stage.status(id, isOpen: false, filled: 5))
        #expect(try stage.order(id).life == .done(.filled) && stage.order(id).certainty == .known)
    }

    @Test func `fills that the venue tells of and that have not come keep the order unknown, and are asked for until they come`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.report(stage.status(id, isOpen: false, filled: 3))
        #expect(try stage.order(id).life == .done(.cancelled) && stage.order(id).certainty != .known)
        let fills = { (commands: [Command]) in
            commands.contains { if case .query(let query) = $0, query.subject == .fills(after: 0) { true } else { false } }
        }
        #expect(fills(stage.takeCommands()))
        stage.wake(after: .seconds(2))
        stage.report(stage.status(id, isOpen: false, filled: 3))
        #expect(fills(stage.takeCommands()))
        stage.fill(id, .buy, 98, 1)
        #expect(try stage.order(id).certainty != .known)
        stage.fill(id, .buy, 98, 2)
        stage.wake(after: .seconds(2))
        stage.report(stage.status(id, isOpen: false, filled: 3))
        #expect(try stage.order(id).certainty == .known && stage.core.nextWake == .never)
    }

    @Test func `a fill that was only slower than the venue's answer makes the order known again when it comes`() throws {
        let stage = CoreStage()
        let id = stage.open()
        stage.report(stage.status(id, isOpen: true, filled: 3))
        #expect(try stage.order(id).certainty != .known)
        stage.fill(id, .buy, 98, 3)
        #expect(try stage.order(id).certainty == .known && stage.order(id).remaining == Quantity(lots: 2))
        #expect(stage.core.nextWake == .never)
    }
}
