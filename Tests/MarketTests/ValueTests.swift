import Market
import Testing

@Suite struct DecimalTests {
    @Test(arguments: [
        ("61659.70", 1, 616_597 as Int64), ("0.00000", 5, 0), ("-1.5", 9, -1_500_000_000), ("28165.47000000", 2, 2_816_547), ("+7", 0, 7),
        (".5", 1, 5), ("5.", 1, 50), ("0.1000000000000000000", 1, 1),
    ])
    func `decimal text becomes an integer`(text: String, decimals: Int, expected: Int64) throws {
        #expect(try Decimal.parse(text, decimals: decimals) == expected)
    }

    @Test(arguments: [
        ("", Decimal.Failure.malformed), ("-", .malformed), ("1e5", .malformed), ("1.2.3", .malformed), (" 1", .malformed),
        ("1-", .malformed),
        ("0.123", .tooPrecise), ("99999999999999999999", .outOfRange), ("92233720368547758.08", .outOfRange),
    ])
    func `what is not a decimal is an error`(text: String, failure: Decimal.Failure) {
        #expect(throws: failure) { try Decimal.parse(text, decimals: text.contains("e") ? 9 : 2) }
    }

    @Test func `text and integer round trip`() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let value = random.uniform(in: -1_000_000_000_000...1_000_000_000_000)
            let decimals = Int(random.uniform(in: 0...9))
            #expect(try Decimal.parse(Decimal.text(value, decimals: decimals), decimals: decimals) == value)
        }
        #expect(Decimal.text(-5, decimals: 3) == "-0.005")
        #expect(Decimal.text(1_500, decimals: 3, minimum: 2) == "1.50")
        #expect(Decimal.text(.min, decimals: 0) == "-9223372036854775808")
    }
}

@Suite struct ValueTests {
    private let btc = Currency("BTC")!
    private let usdt = Currency("USDT")!
    private let usd = Currency("USD")!

    private var linear: Instrument {
        Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTCUSDT", kind: .linear, base: btc, quote: usdt,
            tickSize: FinePrice(nanos: 100_000_000),
            lotSize: 1_000_000)
    }

    private var inverse: Instrument {
        Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTCUSD", kind: .inverse, base: btc, quote: usd,
            tickSize: FinePrice(nanos: 100_000_000),
            lotSize: 1_000_000_000, contractSize: 100_000_000_000)
    }

    @Test func `a linear value is quantity times price`() {
        // 0.123 BTC at 61,659.7 USDT = 7,584.1431 USDT
        #expect(value(linear, Quantity(lots: 123), linear.finePrice(Price(ticks: 616_597))) == Money(nanos: 7_584_143_100_000, usdt))
        #expect(value(linear, Quantity(lots: -123), linear.finePrice(Price(ticks: 616_597))) == Money(nanos: -7_584_143_100_000, usdt))
    }

    @Test func `an inverse value is minus contracts over price, so that a rise pays a long`() {
        // 30 contracts of 100 USD: at 60,000 −0.05 BTC, at 62,500 −0.048 BTC: the long earns 0.002 BTC.
        let bought = value(inverse, Quantity(lots: 30), FinePrice(nanos: 60_000_000_000_000))
        let marked = value(inverse, Quantity(lots: 30), FinePrice(nanos: 62_500_000_000_000))
        #expect(bought == Money(nanos: -50_000_000, btc))
        #expect(marked - bought == Money(nanos: 2_000_000, btc))
    }

    @Test func `orders coarser than the feed are rounded to what gives us no less`() {
        var contract = linear.contract
        #expect(contract.orderPrice(Price(ticks: 13), .buy).ticks == 13)
        contract.priceStep = 5
        #expect([13, 15, -13].map { contract.orderPrice(Price(ticks: $0), .buy).ticks } == [10, 15, -15])
        #expect([13, 15, -13].map { contract.orderPrice(Price(ticks: $0), .sell).ticks } == [15, 15, -10])
        contract.quantityStep = 4
        let price = FinePrice(nanos: 61_659_700_000_000)
        #expect([7_999_999, -7_999_999, 3_999_999].map { contract.quantity(baseAmount: $0, at: price).lots } == [4, -4, 0])
        #expect(contract.stepUnit == 4_000_000)
        var coarse = inverse.contract
        coarse.quantityStep = 2
        // 0.005 BTC are 3.08 contracts of 100 USD.
        #expect(coarse.quantity(baseAmount: 5_000_000, at: price) == Quantity(lots: 2))
    }

    @Test func `base amounts and quantities convert towards zero`() {
        let price = FinePrice(nanos: 61_659_700_000_000)
        #expect(linear.baseAmount(Quantity(lots: 7), at: price) == 7_000_000)
        #expect(linear.quantity(baseAmount: 7_999_999, at: price) == Quantity(lots: 7))
        #expect(linear.quantity(baseAmount: -7_999_999, at: price) == Quantity(lots: -7))
        // 100 USD / 61,659.7 = 0.001621804… BTC
        #expect(inverse.baseAmount(Quantity(lots: 1), at: price) == 1_621_805)
        #expect(inverse.quantity(baseAmount: 5_000_000, at: price) == Quantity(lots: 3))
        #expect(inverse.notional(Quantity(lots: -3), price) == Money(nanos: 300_000_000_000, usd))
    }

    @Test(
        arguments: [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (6, 4, 2), (1, 3, 0), (2, 3, 1), (-2, 3, -1)]
            as [(Int128, Int128, Int64)])
    func `quotients are rounded half to even`(numerator: Int128, denominator: Int128, expected: Int64) {
        #expect(roundedQuotient(numerator, denominator) == expected)
    }

    @Test func `a share of money is rounded half to even once`() {
        #expect(Money(nanos: 25, usdt).share(Rate(trillionths: 100_000_000_000)) == Money(nanos: 2, usdt))
        #expect(Money(nanos: 35, usdt).share(Rate(trillionths: 100_000_000_000)) == Money(nanos: 4, usdt))
        #expect(Money(nanos: 1_000_000_000_000, usdt).share(Rate(basisPoints: 5)) == Money(nanos: 500_000_000, usdt))
    }

    @Test func `currencies are packed so that numbers compare as text`() {
        #expect(Currency("USDC")?.code == "USDC")
        #expect(Currency("BTC")! < Currency("BTCB")! && Currency("BTCB")! < Currency("ETH")!)
        for bad in ["", "usd", "TOOLONGXX", "A B"] { #expect(Currency(bad) == nil) }
        #expect(Currency(packed: Currency("1INCH")!.packed) == Currency("1INCH"))
        #expect(Currency(packed: 1) == nil)
    }
}

@Suite struct TimestampTests {
    @Test(arguments: [
        ("2024-08-08T23:54:16.299Z", 1_723_161_256_299_000_000 as Int64), ("1970-01-01", 0),
        ("2025-10-09T22:33:16.840658+02:00", 1_760_041_996_840_658_000),
        ("2000-02-29T12:00:00Z", 951_825_600_000_000_000), ("1969-12-31T23:59:59Z", -1_000_000_000),
    ])
    func `instants are read from text`(text: String, nanoseconds: Int64) {
        #expect(Timestamp(iso8601: text) == Timestamp(nanoseconds: nanoseconds))
    }

    @Test(arguments: [
        "", "2024", "2024-13-01", "2023-02-29", "2024-08-08T24:00:00Z", "2024-08-08T23:54:16.Z", "2024-08-08T23:54:16Zx", "yesterday",
    ])
    func `what is not an instant is refused`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `text and instant round trip`() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<2_000 {
            let time = Timestamp(nanoseconds: random.uniform(in: -3_000_000_000_000_000_000...6_000_000_000_000_000_000))
            #expect(Timestamp(iso8601: time.iso8601) == time)
        }
    }

    @Test func `a seeded generator draws within its range, evenly, and the same each time`() {
        var counts = [Int](repeating: 0, count: 5)
        var random = SeededGenerator(seed: 9)
        for _ in 0..<50_000 { counts[Int(random.uniform(in: 0...4))] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 400 })
        var (one, two) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
        #expect(one.next() == two.next())
        var golden = SeededGenerator(seed: 0)
        #expect(golden.next() == 0xE220_A839_7B1D_CDAF)
        #expect(SeededGenerator(seed: 1, stream: 0).isDifferent(from: SeededGenerator(seed: 1, stream: 1)))
    }
}

extension SeededGenerator {
    fileprivate func isDifferent(from other: SeededGenerator) -> Bool {
        var (one, two) = (self, other)
        return one.next() != two.next()
    }
}
