import Market
import TestSupport
import Testing

@testable import Venues

@Suite struct BackpackStreamTests {
    /// Reads a frame and hands the reader over while the frame is lent.
    private func read<Value>(_ text: String, _ body: (BackpackStreamReader, BackpackMessage) throws -> Value) throws -> Value {
        let result: Result<Value, any Error> = Bytes.lending(Array(text.utf8)) { bytes in
            Result {
                var reader = BackpackStreamReader()
                let message = try reader.read(bytes)
                return try body(reader, message)
            }
        }
        return try result.get()
    }

    private func failure(_ text: String) -> RowFailure? {
        do {
            _ = try read(text) { reader, message in
                switch message {
                case .depth: _ = try reader.numbers
                case .order: _ = try reader.order
                case .trade: _ = try reader.trade
                default: break
                }
            }
            return nil
        } catch let failure as RowFailure { return failure } catch { return nil }
    }

    @Test func `a depth frame gives its levels and the number it follows`() throws {
        let text = """
            {"data":{"E":1700000000000500,"T":1700000000000200,"U":70,"a":[["20.10","1.5"],["20.20","0.00"]],\
            "b":[["20.05","3"]],"e":"depth","s":"SOL_USDC_PERP","u":72},"stream":"depth.200ms.SOL_USDC_PERP"}
            """
        try read(text) { reader, message in
            #expect(message == .depth)
            #expect(
                reader.levels.map(\.side) == [.sell, .sell, .buy]
                    && reader.levels.map(\.price) == [20_100_000_000, 20_200_000_000, 20_050_000_000]
                    && reader.levels.map(\.size) == [1_500_000_000, 0, 3_000_000_000])
            let (numbers, symbol, time) = (try reader.numbers, try reader.symbol, try reader.happenedAt)
            #expect(numbers == BookSync.Numbers(previous: 69, last: 72))
            #expect(symbol == "SOL_USDC_PERP" && time == Timestamp(nanoseconds: 1_700_000_000_000_200_000))
            #expect(reader.stream == "depth.200ms.SOL_USDC_PERP")
        }
    }

    @Test func `members come in any order, and numbers as numbers or as texts`() throws {
        let text = """
            {"stream":"bookTicker.X","data":{"u":"91","s":"X","a":"2.5","A":"4","b":"2.4","B":"6","T":1,"E":2,"e":"bookTicker",\
            "?":{"x":[1]}}}
            """
        try read(text) { reader, message in
            #expect(message == .bookTicker)
            let quote = try reader.quote
            #expect(quote.number == 91 && quote.bid == 2_400_000_000 && quote.askSize == 4_000_000_000)
        }
    }

    @Test func `a trade tells who took, and both orders`() throws {
        let text = """
            {"data":{"E":5,"T":4,"a":"113782701997686784","b":"7","e":"trade","m":true,"p":"218.50","q":"0.07","s":"X",\
            "t":341},"stream":"trade.X"}
            """
        try read(text) { reader, _ in
            let trade = try reader.trade
            #expect(
                trade
                    == BackpackTrade(
                        id: 341, aggressor: .sell, price: 218_500_000_000, size: 70_000_000, buyer: 7, seller: 113_782_701_997_686_784))
        }
    }

    @Test func `a mark may come with index, rate and settlement or without`() throws {
        let whole = """
            {"data":{"E":5,"T":4,"e":"markPrice","f":"-0.0000125","i":"98.94998504","n":1788368400000,"p":"98.94",\
            "s":"X"},"stream":"markPrice.X"}
            """
        try read(whole) { reader, message in
            let mark = try reader.mark
            #expect(message == .markPrice && mark.mark == 98_940_000_000 && mark.index == 98_949_985_040 && mark.rate == -12_500_000)
            #expect(mark.due == Timestamp(nanoseconds: 1_788_368_400_000_000_000))
        }
        try read(#"{"data":{"E":5,"e":"markPrice","f":null,"p":"0.5","s":"X"},"stream":"markPrice.X"}"#) { reader, _ in
            let mark = try reader.mark
            #expect(mark.mark == 500_000_000 && mark.index == nil && mark.rate == nil && mark.due == nil)
            // There is no time of the engine: the server's stands in.
            let time = try reader.happenedAt
            #expect(time == Timestamp(nanoseconds: 5_000))
        }
    }

    @Test func `a fill tells the order, its executed part, the fee and the role`() throws {
        let text = """
            {"data":{"E":9,"L":"20.1","N":"USDC","O":"USER","Q":"40.2","S":"Ask","T":8,"V":"RejectTaker","X":"PartiallyFilled","Z":"20.1",\
            "c":4294967295,"e":"orderFill","f":"GTC","i":"59887375336","l":"1.00","m":true,"n":"-0.002","o":"LIMIT","p":"20.10","q":"2",\
            "r":false,"s":"X","t":88,"y":true,"z":"1"},"stream":"account.orderUpdate"}
            """
        try read(text) { reader, message in
            #expect(message == .order(.fill))
            let order = try reader.order
            #expect(order.id == 59_887_375_336 && order.client == .max && order.side == .sell && !order.isForced)
            #expect(order.price == 20_100_000_000 && order.quantity == 2_000_000_000 && order.executed == 1_000_000_000)
            let execution = try #require(order.execution)
            #expect(execution.trade == 88 && execution.isMaker && execution.fee == -2_000_000 && execution.feeAsset == "USDC")
            #expect(execution.price == 20_100_000_000 && execution.size == 1_000_000_000)
        }
    }

    @Test func `every event of an order is told from the others, and an order of the venue's own from ours`() throws {
        let events: [(String, BackpackOrderUpdate.Kind)] = [
            ("orderAccepted", .accepted), ("orderFill", .fill), ("orderCancelled", .cancelled), ("orderExpired", .expired),
            ("orderModified", .modified), ("triggerPlaced", .triggerPlaced), ("triggerFailed", .triggerFailed),
        ]
        for (event, kind) in events {
            let text = """
                {"data":{"e":"\(event)","E":1,"T":1,"i":"3","s":"X","S":"Bid","z":"0","q":"1","t":null,"O":"ADL_AUTOCLOSE",\
                "R":"PRICE_BAND"},"stream":"account.orderUpdate.X"}
                """
            try read(text) { reader, message in
                #expect(message == .order(kind))
                let order = try reader.order
                #expect(order.client == nil && order.price == nil && order.execution == nil && order.isForced)
                #expect(order.reason.map { $0 == "PRICE_BAND" } ?? false)
            }
        }
    }

    @Test func `positions come with an event or, on subscribing, without; their averages have more digits than we count`() throws {
        let text = """
            {"data":{"B":"3826.8888888888888888888888889","E":1,"T":1,"q":"-0.0036","s":"ETH_USDC_PERP","i":4238420454},\
            "stream":"account.positionUpdate"}
            """
        try read(text) { reader, message in
            #expect(message == .position)
            let position = try reader.position
            #expect(position.quantity == -3_600_000 && position.entry == 3_826_888_888_889)
        }
        let named = text.replacing("\"E\":1", with: "\"e\":\"positionClosed\",\"E\":1")
        #expect(try read(named) { $1 } == .position)
        let balance = #"{"data":{"A":"10","E":1,"L":"20","S":"0","T":1,"a":"USDT","e":"balanceUpdate"},"stream":"account.balanceUpdate"}"#
        try read(balance) { reader, message in
            let told = try reader.balance
            #expect(message == .balance && told.asset == "USDT" && told.available == 10_000_000_000 && told.locked == 20_000_000_000)
        }
    }

    @Test func `a refusal and a stream that we do not read are no failures`() throws {
        try read(#"{"id":null,"error":{"code":4003,"message":"Invalid signature"}}"#) { reader, message in
            #expect(message == .refusal && reader.refusal.code == 4_003 && reader.refusal.message == "Invalid signature")
        }
        #expect(try read(#"{"data":{"e":"kline","s":"X"},"stream":"kline.1m.X"}"#) { $1 } == .other)
    }

    @Test func `what can't be understood says where`() {
        #expect(failure("{")?.kind == .malformed)
        #expect(failure(#"{"stream":"depth.X"}"#)?.expected == "a member \"data\"")
        let backwards = #"{"data":{"e":"depth","U":5,"u":4,"s":"X"},"stream":"depth.X"}"#
        #expect(failure(backwards)?.expected == "a first number up to the last, 4")
        #expect(failure(#"{"data":{"e":"depth","U":1,"u":2,"a":[["0","1"]]},"stream":"depth.X"}"#)?.expected == "a price above 0")
        #expect(failure(#"{"data":{"e":"depth","U":1,"u":2,"a":[["1","-1"]]},"stream":"depth.X"}"#)?.expected == "a size of 0 or more")
        #expect(failure(#"{"data":{"e":"depth","U":1,"u":2,"a":[["1"]]},"stream":"depth.X"}"#)?.expected == "a size")
        #expect(failure(#"{"data":{"e":"trade","p":"1","q":"1","t":1,"m":1},"stream":"trade.X"}"#)?.expected == "true or false")
        let sided = #"{"data":{"e":"orderFill","i":"1","s":"X","S":"Buy"},"stream":"account.orderUpdate"}"#
        #expect(failure(sided)?.expected == "Bid or Ask")
        let client = #"{"data":{"e":"orderFill","i":"1","c":4294967296},"stream":"account.orderUpdate"}"#
        #expect(failure(client)?.expected == "a client id of 32 bits")
        #expect(failure(#"{"data":{"e":"depth"},"stream":"depth.X"} x"#)?.expected == "the end of the line")
    }

    @Test func `bytes of a frame changed at random never do more than fail`() {
        let frames = [
            #"{"data":{"E":9,"T":8,"U":70,"a":[["20.10","1.5"]],"b":[],"e":"depth","s":"X","u":72},"stream":"depth.X"}"#,
            """
            {"data":{"E":9,"L":"2","N":"U","S":"Ask","T":8,"e":"orderFill","i":"5","l":"1","m":true,"n":"0","s":"X","t":8,"z":"1"},\
            "stream":"a"}
            """,
        ]
        var (read, failed) = (0, 0)
        for seed in TestScale.seeds(4_000) {
            var random = SeededGenerator(seed: seed)
            var bytes = Array(frames[Int(seed % 2)].utf8)
            for _ in 0...random.uniform(in: 0...3) {
                let place = Int(random.uniform(in: 0...Int64(bytes.count - 1)))
                if random.uniform(in: 0...3) == 0 {
                    bytes.remove(at: place)
                } else {
                    bytes[place] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            if failure(String(decoding: bytes, as: UTF8.self)) == nil { read += 1 } else { failed += 1 }
        }
        #expect(read > 0 && failed > 0)
    }
}
