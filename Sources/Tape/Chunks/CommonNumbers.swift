/// The commonest numbers of a column, and each number as its place among them.
struct CommonNumbers {
    private static let tableLimit = 255

    /// The commonest first, of equally common ones the least.
    private(set) var table: [UInt64] = []
    private(set) var codes: [UInt8] = []
    private(set) var rest: [UInt64] = []

    /// nil where that is estimated to save less than a sixteenth of the numbers' own planes: looking numbers up takes time.
    init?(_ numbers: [UInt64], width: Int) {
        var counts = NumberCounts(room: numbers.count)
        for number in numbers { counts.add(number) }
        // One that is found twice saves nothing.
        let common = counts.entries(from: 3).sorted { ($1.count, $0.number) < ($0.count, $1.number) }
        guard !common.isEmpty else { return nil }
        table = common.prefix(Self.tableLimit).map(\.number)
        counts.replace(table)
        codes.reserveCapacity(numbers.count)
        for number in numbers {
            let code = counts[number]
            codes.append(UInt8(truncatingIfNeeded: code))
            if code == table.count { rest.append(number) }
        }
        var codeCounts = ByteCounts()
        for code in codes { codeCounts.add(code) }
        let size = codeCounts.estimate + table.count * width * 8 * ByteCounts.bit + ByteCounts.estimate(rest, width: width)
        let plain = ByteCounts.estimate(numbers, width: width)
        guard size < plain - plain / 16 else { return nil }
    }
}

/// How often numbers are found: a table of open addresses.
private struct NumberCounts {
    private var numbers: [UInt64]
    private var counts: [UInt32]

    init(room: Int) {
        let size = 1 << (64 - (2 * max(room, 1)).leadingZeroBitCount)
        numbers = [UInt64](repeating: 0, count: size)
        counts = [UInt32](repeating: 0, count: size)
    }

    private func slot(_ number: UInt64) -> Int {
        var hash = number &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
        let mask = numbers.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while counts[slot] != 0, numbers[slot] != number { slot = (slot + 1) & mask }
        return slot
    }

    mutating func add(_ number: UInt64) {
        let slot = slot(number)
        numbers[slot] = number
        counts[slot] += 1
    }

    func entries(from least: UInt32) -> [(number: UInt64, count: UInt32)] {
        numbers.indices.filter { counts[$0] >= least }.map { (numbers[$0], counts[$0]) }
    }

    /// Forgets the counts: from here on the subscript tells a number's place in `table`, and of others the table's length.
    mutating func replace(_ table: [UInt64]) {
        for slot in counts.indices where counts[slot] != 0 { counts[slot] = UInt32(table.count) + 1 }
        for (place, number) in table.enumerated() { counts[slot(number)] = UInt32(place) + 1 }
    }

    subscript(number: UInt64) -> Int { Int(counts[slot(number)]) - 1 }
}

/// How often each byte is found, and so about how small an entropy coder makes them. In whole numbers, so that every machine makes
/// the same choice.
struct ByteCounts {
    /// What estimates count in: sixteenths of a bit.
    static let bit = 16
    private var counts = [Int](repeating: 0, count: 256)
    private var total = 0

    init() {}

    mutating func add(_ byte: UInt8) {
        counts[Int(byte)] += 1
        total += 1
    }

    /// n log n − Σ c log c for n bytes, of which c are the same.
    var estimate: Int { counts.reduce(total * Self.logarithm(total)) { $0 - $1 * Self.logarithm($1) } }

    static func estimate(_ numbers: [UInt64], width: Int) -> Int {
        var size = 0
        for plane in 0..<width {
            var counts = ByteCounts()
            let shift = UInt64(8 * plane)
            for number in numbers { counts.add(UInt8(truncatingIfNeeded: number >> shift)) }
            size += counts.estimate
        }
        return size
    }

    /// Of base two, in sixteenths; 0 of 0.
    private static func logarithm(_ number: Int) -> Int {
        guard number > 1 else { return 0 }
        let whole = Int.bitWidth - 1 - number.leadingZeroBitCount
        // The number's leading bits as 1…2 with 31 binary places, squared again and again: each time it passes 2 is a binary place.
        var mantissa = (UInt64(number) << UInt64(number.leadingZeroBitCount)) >> 32
        var result = whole
        for _ in 0..<4 {
            mantissa = (mantissa * mantissa) >> 31
            result <<= 1
            if mantissa >= 1 << 32 {
                mantissa >>= 1
                result |= 1
            }
        }
        return result
    }
}
