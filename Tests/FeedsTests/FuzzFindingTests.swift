import Market
import Testing

@testable import Feeds
@testable import Venues

/// What the fuzzers have found, as they found it or smaller.
@Suite struct FuzzFindingTests {
    @Test(arguments: [
        (#"{\"tickSize\":\"0.1\"}"#, #"{\"qtyStep\":\"9000000000\",\"minOrderQty\":\"9000000000\"}"#, "480"),
        (#"{\"tickSize\":\"0.1\"}"#, #"{\"qtyStep\":\"0.001\",\"minOrderQty\":\"0.0015\"}"#, "9000000000000000000"),
    ])
    func `an instrument with numbers near the end of 64 bits is read`(price: String, lots: String, minutes: String) throws {
        let row =
            #"{"t":"http","conn":"BYBIT.http.1","ts":1.5,"url":"https://api.bybit.com/v5/market/instruments-info?&category=linear","data":"#
            + #""{\"retCode\":0,\"result\":{\"category\":\"linear\",\"list\":[{\"symbol\":\"BTCUSDT\",\"baseCoin\":\"BTC\",\"quoteCoin\":"#
            + #"\"USDT\",\"priceFilter\":"# + price + #",\"lotSizeFilter\":"# + lots + #",\"fundingInterval\":"# + minutes + #"}]}}"}"#
        let catalog = FeedCatalog()
        var decoder = BybitDecoder(venue: nil)
        var batch = FrameBatch()
        try Bytes.lending(Array(row.utf8)) { bytes throws(RowFailure) in try decoder.decode(bytes, into: &batch, catalog) }
        let feed = catalog.feed(venue: "bybit-linear", symbol: "BTCUSDT", isNumbered: true)
        let instrument = try #require(catalog.instrument(feed))
        #expect(instrument.minimumQuantity.lots == (minutes == "480" ? 1 : 2))
        #expect(instrument.fundingInterval == (minutes == "480" ? .hours(8) : nil))
    }

    @Test func `what a file says of a record's place in its frame does not make a frame in a frame`() {
        var batch = FrameBatch()
        for _ in 0..<3 { batch.add(.trade, price: 1, quantity: 1, flags: [.first, .last, .sell], at: 0) }
        let time = Timestamp(nanoseconds: 1)
        batch.endFrame(0, "trades", venueTime: time, receiveTime: time)
        #expect(batch.events.map(\.flags) == [[.first, .sell], [.sell], [.last, .sell]])
    }
}
