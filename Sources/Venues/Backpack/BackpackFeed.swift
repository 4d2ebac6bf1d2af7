internal import Market

/// One instrument's public streams: its book is put together from a full one and the changes after it.
struct BackpackFeed {
    /// A depth frame that waits for the full book.
    struct Held {
        var numbers: BookSync.Numbers
        var venueTime: Timestamp
        var receiveTime: Timestamp
        var levels: [BackpackLevel]
    }

    /// More frames than a venue sends in minutes: then the full book does not come.
    static let heldLimit = 20_000

    let id: InstrumentID
    let instrument: Instrument
    let symbol: [UInt8]
    var sync = BookSync(.fullBook)
    /// When what was told of the book last happened, by the venue's clock.
    var bookTime = Timestamp.distantPast
    var held: [Held] = []
    /// When to ask for the full book; `.never` while it is not needed or asked for.
    var bookDue = Timestamp.never
    var isAsking = false
    /// nil where books are not compared.
    var audit: BookAudit?
    var auditDue = Timestamp.never
    var retries = BackOff(first: .milliseconds(250), longest: .seconds(8))

    init(_ id: InstrumentID, _ instrument: Instrument) {
        (self.id, self.instrument) = (id, instrument)
        symbol = Array(instrument.venueSymbol.utf8)
    }

    /// Whether a frame that is older by its numbers is newer by its time: the venue has begun to count anew.
    ///
    /// What comes late or twice is no newer than the book. The venue's clocks may differ a little.
    func isCountedAnew(_ venueTime: Timestamp) -> Bool { venueTime > bookTime + Self.clockTolerance }

    private static let clockTolerance = Nanoseconds.milliseconds(250)

    /// Keeps a frame for the next full book, without those that an earlier counting numbered higher: no book will lead up to them.
    mutating func hold(_ frame: Held) {
        let outlived = held.prefix {
            $0.numbers.last >= frame.numbers.last && frame.venueTime > $0.venueTime + Self.clockTolerance
        }
        held.removeFirst(outlived.count)
        held.append(frame)
    }

    /// 10⁻⁹ of the quote currency as ticks; nil where it is no whole number of them.
    func ticks(_ price: Int64) -> Int64? {
        let (ticks, rest) = price.quotientAndRemainder(dividingBy: instrument.tickSize.nanos)
        return rest == 0 ? ticks : nil
    }

    /// 10⁻⁹ of the base as lots; nil where it is no whole number of them.
    func lots(_ size: Int64) -> Int64? {
        let (lots, rest) = size.quotientAndRemainder(dividingBy: instrument.lotUnit)
        return rest == 0 ? lots : nil
    }

    func priceText(_ price: Price) -> String { Decimal.text(instrument.finePrice(price).nanos, decimals: 9) }
    func quantityText(_ quantity: Quantity) -> String { Decimal.text(quantity.lots * instrument.lotUnit, decimals: 9) }
}
