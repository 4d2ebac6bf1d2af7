import Market
import Simulation
import Testing
import Trading

/// `text` of a currency, exactly.
private func money(_ text: String, _ currency: Currency) throws -> Money { Money(nanos: try Decimal.parse(text, decimals: 9), currency) }

@Test func `three fills of a linear contract, by hand`() throws {
    let instrument = Instrument(
        symbol: "BTC", venue: "test", venueSymbol: "BTCUSD", kind: .linear, base: .btc, quote: .usd,
        tickSize: FinePrice(nanos: 500_000_000),
        lotSize: 1_000_000)
    let stage = Stage(
        instrument, accounts: 1, collateral: [try money("10000", .usd)], makerFee: Rate(basisPoints: 1), takerFee: Rate(basisPoints: 4),
        reportsAccountState: true)
    stage.ask(100_000, 1_000)
    // 0.3 bought at 50,000 costs 15,000, fee 6.
    let fee = try money("6", .usd)
    #expect(
        stage.submit(.buy, 100_000, 300, .immediateOrCancel) == [
            .acknowledged(OrderID(1)),
            .filled(
                Fill(
                    order: OrderID(1), instrument: Stage.instrument, trade: 1, side: .buy, role: .taker, price: Price(ticks: 100_000),
                    quantity: Quantity(lots: 300), fee: fee)),
            .position(Stage.instrument, quantity: Quantity(lots: 300), entry: FinePrice(nanos: 50_000_000_000_000)),
            .balance(try money("9994", .usd)),
        ])
    // 0.1 bought at 49,990.5 costs 4,999.05, fee 0.499905.
    stage.submit(.buy, 99_981, 100)
    stage.sold(99_981, 100)
    #expect(stage.venue.balances(AccountID(0)) == [try money("9993.500095", .usd)])
    // 0.25 of 0.4 sold at 50,010: 12,502.5 for a cost of 19,999.05 × 5/8 = 12,499.40625; fee 5.001.
    stage.bid(100_020, 900)
    stage.submit(.sell, 100_020, 250, .immediateOrCancel)
    #expect(stage.venue.balances(AccountID(0)) == [try money("9991.592845", .usd)])
    #expect(stage.position() == 150)
    // What is left cost 7,499.64375 and is worth 7,500.75 at 50,005.
    stage.receive(.mark, 50_005_000_000_000)
    #expect(stage.unrealised() == (try money("1.10625", .usd)))
    #expect(
        stage.ask(.positions).first
            == .position(Stage.instrument, quantity: Quantity(lots: 150), entry: FinePrice(nanos: 49_997_625_000_000)))
}

@Test func `three fills of an inverse contract, by hand`() throws {
    let instrument = Instrument(
        symbol: "BTC", venue: "test", venueSymbol: "BTCUSD", kind: .inverse, base: .btc, quote: .usd,
        tickSize: FinePrice(nanos: 500_000_000),
        lotSize: 1_000_000_000, contractSize: 100_000_000_000)
    let stage = Stage(instrument, accounts: 1, collateral: [try money("1", .btc)], makerFee: .zero, takerFee: Rate(basisPoints: 5))
    // 30 contracts of 100 dollars at 50,000 are 0.06 coins, fee 0.00003.
    stage.ask(100_000, 30)
    stage.submit(.buy, 100_000, 30)
    #expect(stage.venue.balances(AccountID(0)) == [try money("0.99997", .btc)])
    // 10 at 40,000 are 0.025, fee 0.0000125.
    stage.ask(100_000, 0)
    stage.ask(80_000, 10)
    stage.submit(.buy, 80_000, 10)
    #expect(stage.venue.balances(AccountID(0)) == [try money("0.9999575", .btc)])
    // At 32,000 the 40 would be worth 0.125 coins to buy back: 0.04 more than the 0.085 paid, which the long loses.
    stage.receive(.mark, 32_000_000_000_000)
    #expect(stage.unrealised() == (try money("-0.04", .btc)))
    // 40 sold at 64,000 are 0.0625: a gain of 0.0225, fee 0.00003125.
    stage.ask(80_000, 0)
    stage.bid(128_000, 40)
    stage.submit(.sell, 128_000, 40)
    #expect(stage.venue.balances(AccountID(0)) == [try money("1.02242625", .btc)])
    #expect(stage.unrealised() == .zero(.btc) && stage.position() == 0)
}

@Test func `three fills of spot, by hand`() throws {
    let instrument = Instrument(
        symbol: "ETH", venue: "test", venueSymbol: "ETHUSD", kind: .spot, base: .eth, quote: .usd, tickSize: FinePrice(nanos: 10_000_000),
        lotSize: 10_000_000)
    let stage = Stage(
        instrument, accounts: 1, collateral: [try money("1000", .usd)], makerFee: Rate(basisPoints: 2), takerFee: Rate(basisPoints: 10))
    stage.ask(200_000, 100)
    stage.submit(.buy, 200_000, 20)
    #expect(stage.venue.balances(AccountID(0)) == [try money("0.2", .eth), try money("599.6", .usd)])
    stage.submit(.sell, 201_050, 5)
    stage.bought(201_050, 5)
    #expect(stage.venue.balances(AccountID(0)) == [try money("0.15", .eth), try money("700.104895", .usd)])
    stage.bid(199_999, 50)
    stage.submit(.sell, 199_999, 15)
    #expect(stage.venue.balances(AccountID(0)) == [try money("0", .eth), try money("999.8033965", .usd)])
    #expect(stage.unrealised() == .zero(.usd))
}

@Test func `spot needs what it sells and what it pays, promised orders included`() throws {
    let instrument = Instrument(
        symbol: "ETH", venue: "test", venueSymbol: "ETHUSD", kind: .spot, base: .eth, quote: .usd,
        tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 1_000_000_000)
    let stage = Stage(
        instrument, accounts: 1, collateral: [try money("1000", .usd), try money("3", .eth)], takerFee: Rate(basisPoints: 100))
    stage.bid(99, 5)
    stage.ask(101, 5)
    stage.ask(200, 5)
    #expect(stage.submit(.sell, 110, 4) == [.rejected(OrderID(1), .submit, .balance)])
    stage.submit(.sell, 110, 2)
    #expect(stage.submit(.sell, 111, 2) == [.rejected(OrderID(3), .submit, .balance)])
    #expect(stage.amend(2, 110, 4) == [.rejected(OrderID(2), .amend, .balance)])
    #expect(stage.amend(2, 110, 3) == [.amended(OrderID(2), price: Price(ticks: 110), quantity: Quantity(lots: 3))])
    stage.cancel(2)
    // 10 at 100 cost 1,000 and a fee of 10.
    #expect(stage.submit(.buy, 100, 10) == [.rejected(OrderID(4), .submit, .balance)])
    #expect(stage.submit(.buy, 100, 9) == [.acknowledged(OrderID(5))])
    #expect(stage.submit(.buy, 90, 2) == [.rejected(OrderID(6), .submit, .balance)])
    stage.cancel(5)
    // Without a limit the worst level that it reaches counts: six would reach 200.
    #expect(stage.submit(.buy, nil, 6, type: .market, .immediateOrCancel) == [.rejected(OrderID(7), .submit, .balance)])
    #expect(stage.submit(.buy, nil, 5, type: .market, .immediateOrCancel).slices.map(\.lots) == [5])
    #expect(stage.submit(.sell, 99, 1, reduceOnly: true) == [.rejected(OrderID(9), .submit, .unsupported)])
}

@Test func `a rebate is paid to the maker`() throws {
    let stage = Stage(accounts: 1, collateral: [try money("1000", .usd)], makerFee: -Rate(basisPoints: 1), takerFee: Rate(basisPoints: 5))
    stage.submit(.buy, 100, 3)
    stage.sold(99, 3)
    #expect(stage.takeFills().map(\.fill.fee) == [try money("-0.03", .usd)])
    #expect(stage.venue.balances(AccountID(0)) == [try money("1000.03", .usd)])
}

@Test func `a position that turns pays for what it closed and keeps the cost of what it opened`() throws {
    let stage = Stage(accounts: 1, collateral: [try money("1000", .usd)])
    stage.submit(.buy, 100, 3)
    stage.sold(99, 3)
    stage.submit(.sell, 110, 5)
    stage.bought(111, 5)
    #expect(stage.venue.balances(AccountID(0)) == [try money("1030", .usd)])
    #expect(
        stage.ask(.positions).first
            == .position(Stage.instrument, quantity: Quantity(lots: -2), entry: FinePrice(nanos: 110_000_000_000)))
    stage.receive(.mark, 100_000_000_000)
    #expect(stage.unrealised() == (try money("20", .usd)))
}

// MARK: Funding

@Test func `longs pay shorts at the settlement, on the mark`() throws {
    let stage = Stage(collateral: [try money("1000", .usd)])
    stage.submit(.sell, 100, 4, account: 1)
    stage.submit(.buy, 100, 4)
    stage.receive(.mark, 110_000_000_000)
    let settlement = stage.now + Nanoseconds(count: 5_000)
    let rate = Rate(basisPoints: 25)
    stage.receive(.funding, rate.trillionths, 10_000, detail: settlement.nanoseconds)
    stage.pass(Nanoseconds(count: 5_000))
    func payment(_ lots: Int64, _ amount: String, at time: Timestamp) throws -> AccountEvent.Report {
        .funding(
            FundingPayment(
                instrument: Stage.instrument, settledAt: time, position: Quantity(lots: lots), mark: FinePrice(nanos: 110_000_000_000),
                rate: rate,
                amount: try money(amount, .usd)))
    }
    #expect(stage.bid(90, 1) == [try payment(4, "-1.1", at: settlement), try payment(-4, "1.1", at: settlement)])
    #expect(stage.bid(90, 2).isEmpty)
    #expect(stage.venue.balances(AccountID(0)) == [try money("998.9", .usd)])
    #expect(stage.venue.balances(AccountID(1)) == [try money("1001.1", .usd)])
    // The next one follows after the interval.
    stage.pass(Nanoseconds(count: 10_000))
    #expect(stage.bid(90, 3).count == 2)
    #expect(stage.payments.map(\.account) == [AccountID(0), AccountID(1), AccountID(0), AccountID(1)])
}

@Test func `an order that arrives after a settlement does not change what is paid`() throws {
    let stage = Stage(accounts: 1, collateral: [try money("1000", .usd)])
    stage.bid(100, 9)
    stage.ask(101, 9)
    stage.submit(.buy, 101, 2)
    stage.receive(.mark, 100_000_000_000)
    stage.receive(.funding, Rate(basisPoints: 100).trillionths, 0, detail: stage.now.nanoseconds + 2_000)
    stage.pass()
    let reports = stage.submit(.sell, 100, 2)
    #expect(reports.slices.map(\.lots) == [2])
    #expect(stage.venue.balances(AccountID(0)) == [try money("996", .usd)])
    #expect(stage.bid(90, 1).isEmpty)
}

@Test func `a long of an inverse contract pays in coins`() throws {
    let instrument = Instrument(
        symbol: "BTC", venue: "test", venueSymbol: "BTCUSD", kind: .inverse, base: .btc, quote: .usd,
        tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 1_000_000_000)
    let stage = Stage(instrument, accounts: 1, collateral: [try money("1", .btc)])
    stage.submit(.buy, 100, 40)
    stage.sold(99, 40)
    stage.receive(.mark, 160_000_000_000)
    stage.receive(.funding, Rate(basisPoints: 100).trillionths, 0, detail: stage.now.nanoseconds + 2_000)
    stage.pass()
    stage.bid(90, 1)
    #expect(stage.payments.map(\.payment.amount) == [try money("-0.0025", .btc)])
}
