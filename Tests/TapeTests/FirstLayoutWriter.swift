import Market

@testable import Tape

/// Writes chunks as the first schema did, for the decoder that still reads them.
enum FirstLayoutWriter {
    private static let columnCount = 7

    private struct Previous {
        var venueTime: Int64 = 0
        var latency: Int64 = 0
        var frame: Int64 = 0
        /// By kind × side.
        var price = InlineArray<32, Int64>(repeating: 0)
        var detail = InlineArray<16, Int64>(repeating: 0)
    }

    static func encode(_ events: ContiguousArray<MarketEvent>, into output: inout [UInt8]) {
        var columns = [[UInt8]](repeating: [], count: columnCount)
        for index in columns.indices { columns[index].reserveCapacity(events.count * 2) }
        var previous = Previous()
        for event in events {
            columns[0].append(event.kind.rawValue)
            columns[0].append(event.flags.rawValue)
            let venue = event.venueTime.nanoseconds
            append(venue &- previous.venueTime, to: &columns[1])
            previous.venueTime = venue
            let latency = event.receiveTime.nanoseconds &- venue
            append(latency &- previous.latency, to: &columns[2])
            previous.latency = latency
            let slot = Int(event.kind.rawValue) * 2 + Int(event.side.rawValue)
            append(event.price &- previous.price[slot], to: &columns[3])
            previous.price[slot] = event.price
            append(event.quantity, to: &columns[4])
            append(event.detail &- previous.detail[slot >> 1], to: &columns[5])
            previous.detail[slot >> 1] = event.detail
            append(Int64(event.frame) &- previous.frame, to: &columns[6])
            previous.frame = Int64(event.frame)
        }
        output.removeAll(keepingCapacity: true)
        append(FirstLayout.version, to: &output)
        append(UInt32(events.count), to: &output)
        for column in columns { append(UInt32(column.count), to: &output) }
        for column in columns { output.append(contentsOf: column) }
    }

    @inline(__always)
    private static func append(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
    }
}
