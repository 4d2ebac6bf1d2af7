internal import Market

/// The frames of the public streams, without their envelope.
extension ServedMarket {
    func depthFrame(first: Int64, levels: [Level], at time: Timestamp) -> String {
        let microseconds = BackpackTexts.microseconds(time)
        func list(_ side: Side) -> String {
            levels.lazy.filter { $0.side == side }.map { "[\"\(self.priceText($0.ticks))\",\"\(self.sizeText($0.lots))\"]" }
                .joined(separator: ",")
        }
        return """
            {"E":\(microseconds),"T":\(microseconds),"U":\(first),"a":[\(list(.sell))],"b":[\(list(.buy))],"e":"depth","s":"\(symbol)",\
            "u":\(number)}
            """
    }

    func quoteFrame(_ touch: Touch, at time: Timestamp) -> String {
        let microseconds = BackpackTexts.microseconds(time)
        return """
            {"A":"\(sizeText(touch.askLots))","B":"\(sizeText(touch.bidLots))","E":\(microseconds),"T":\(microseconds),\
            "a":"\(priceText(touch.ask))","b":"\(priceText(touch.bid))","e":"bookTicker","s":"\(symbol)","u":\(number)}
            """
    }

    func tradeFrame(_ trade: Trade) -> String {
        let microseconds = BackpackTexts.microseconds(trade.time)
        return """
            {"E":\(microseconds),"T":\(microseconds),"a":"\(trade.seller)","b":"\(trade.buyer)","e":"trade","m":\(trade.isBuyerMaker),\
            "p":"\(priceText(trade.ticks))","q":"\(sizeText(trade.lots))","s":"\(symbol)","t":\(trade.id)}
            """
    }

    /// nil before there is a mark.
    func markFrame(at time: Timestamp) -> String? {
        guard let mark else { return nil }
        let microseconds = BackpackTexts.microseconds(time)
        let rate = funding.map { "\"f\":\"\($0.rate)\"," } ?? ""
        let due = funding.map { "\"n\":\(BackpackTexts.milliseconds($0.due))," } ?? ""
        let index = index.map { "\"i\":\"\($0)\"," } ?? ""
        return """
            {"E":\(microseconds),"T":\(microseconds),"e":"markPrice",\(rate)\(index)\(due)\
            "p":"\(Decimal.text(mark.nanos, decimals: 9, minimum: priceDecimals))","s":"\(symbol)"}
            """
    }

    func openInterestFrame(at time: Timestamp) -> String? {
        guard let openInterest else { return nil }
        return """
            {"E":\(BackpackTexts.microseconds(time)),"e":"openInterest",\
            "o":"\(BackpackTexts.decimal(openInterest.lots * instrument.lotUnit))",\
            "s":"\(symbol)"}
            """
    }

    func liquidationFrame(_ side: Side, ticks: Int64, lots: Int64, at time: Timestamp) -> String {
        let microseconds = BackpackTexts.microseconds(time)
        return """
            {"E":\(microseconds),"S":"\(side == .buy ? "Bid" : "Ask")","T":\(microseconds),"e":"liquidation","p":"\(priceText(ticks))",\
            "q":"\(sizeText(lots))","s":"\(symbol)"}
            """
    }

    func tickerFrame(at now: Timestamp) -> String? {
        guard let day = prices.sum(since: now - .hours(24)) else { return nil }
        func price(_ nanos: Int64) -> String { Decimal.text(nanos, decimals: 9, minimum: priceDecimals) }
        return """
            {"E":\(BackpackTexts.microseconds(now)),\
            "V":"\(Decimal.text(day.quoteVolume, decimals: 9, minimum: min(9, priceDecimals + sizeDecimals)))",\
            "c":"\(price(day.close))","e":"ticker","h":"\(price(day.high))","l":"\(price(day.low))",\
            "n":\(day.trades),"o":"\(price(day.open))",\
            "s":"\(symbol)","v":"\(Decimal.text(day.volume, decimals: 9, minimum: sizeDecimals))"}
            """
    }

    func klineFrame(_ start: Timestamp, _ candle: Candle?, _ interval: BackpackInterval, isFinal: Bool, at now: Timestamp) -> String {
        func price(_ nanos: Int64?) -> String { nanos.map { "\"\(Decimal.text($0, decimals: 9, minimum: priceDecimals))\"" } ?? "null" }
        let volume = Decimal.text(candle?.volume ?? 0, decimals: 9, minimum: sizeDecimals)
        return """
            {"E":\(BackpackTexts.microseconds(now)),"T":"\(BackpackTexts.calendar(interval.end(from: start)))","X":\(isFinal),\
            "c":\(price(candle?.close)),"e":"kline","h":\(price(candle?.high)),"l":\(price(candle?.low)),"n":\(candle?.trades ?? 0),\
            "o":\(price(candle?.open)),"s":"\(symbol)","t":"\(BackpackTexts.calendar(start))","v":"\(volume)"}
            """
    }
}
