internal import Market

enum LatencyDirection { case entry, response }

/// Latencies on straight lines between recorded ones, by hftbacktest's rules.
///
/// A request's latency is found by the time it is sent, among the rows' requests; a report's by the venue's time, among the
/// rows' venue times. Before the first row and after the last their latency holds. A request between two rows one of which
/// the venue refused is refused too, and its sender learns of that as interpolated from their answers: the latency is
/// negative then. Lines are reckoned in floating point and cut towards the earlier row, as there.
enum LatencyInterpolation {
    /// - Parameters:
    ///   - samples: Sorted by request; the first and the last were not refused.
    ///   - row: Where the last search ended. Searches go forward only: times never decrease.
    static func latency(
        _ direction: LatencyDirection, at time: Timestamp, _ samples: [LatencyModel.Sample], row: inout Int
    ) -> Nanoseconds {
        func key(_ row: Int) -> Int64 { direction == .entry ? samples[row].request.nanoseconds : samples[row].venue.nanoseconds }
        func value(_ row: Int) -> Int64 {
            let sample = samples[row]
            return (direction == .entry ? sample.venue - sample.request : sample.response - sample.venue).count
        }
        let now = time.nanoseconds
        guard now >= key(0) else { return Nanoseconds(count: value(0)) }
        while row + 1 < samples.count, !(key(row)..<max(key(row), key(row + 1))).contains(now) { row += 1 }
        guard row + 1 < samples.count else { return Nanoseconds(count: value(samples.count - 1)) }
        func line(_ low: Int64, _ high: Int64) -> Int64 {
            Int64(Double(high - low) / Double(key(row + 1) - key(row)) * Double(now - key(row))) + low
        }
        if direction == .entry, samples[row].isRefused || samples[row + 1].isRefused {
            let (one, two) = (samples[row], samples[row + 1])
            return Nanoseconds(count: -line((one.response - one.request).count, (two.response - two.request).count))
        }
        return Nanoseconds(count: line(value(row), value(row + 1)))
    }
}
