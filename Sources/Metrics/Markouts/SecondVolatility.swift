internal import Market

/// How much a mid moves within a second: the root of the mean square of its moves, the last minute weighing most.
struct SecondVolatility {
    private var last: (mid: FinePrice, time: Timestamp)?
    private var square: Double?

    mutating func add(_ mid: FinePrice?, at time: Timestamp) {
        guard let mid, mid.nanos > 0 else { return last = nil }
        guard let last else { return last = (mid, time) }
        let span = time - last.time
        guard span >= .seconds(1) else { return }
        let move = Double(mid.nanos - last.mid.nanos) / Double(last.mid.nanos) * 1e4
        let perSecond = move * move / (Double(span.count) / 1e9)
        square = square.map { $0 + (perSecond - $0) / 60 } ?? perSecond
        self.last = (mid, time)
    }

    /// nil until two mids are known.
    var basisPoints: Double? { square.map { $0.squareRoot() } }
}
