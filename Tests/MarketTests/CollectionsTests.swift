import Market
import TestSupport
import Testing

/// The containers of the hot path, against the standard ones.
@Suite struct CollectionsTests {
    @Test(arguments: TestScale.seeds(8)) func `a ring is a queue`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ring = Ring<Int64>(capacity: 2)
        var queue: [Int64] = []
        for step in 0..<5_000 {
            switch random.uniform(in: 0...9) {
            case 0...5:
                ring.append(Int64(step))
                queue.append(Int64(step))
            case 6...8 where !queue.isEmpty:
                #expect(ring.removeFirst() == queue.removeFirst())
            case 9 where random.uniform(in: 0...99) == 0:
                ring.removeAll()
                queue = []
            default: break
            }
            #expect(ring.count == queue.count && ring.isEmpty == queue.isEmpty)
            guard !queue.isEmpty else { continue }
            let index = Int(random.uniform(in: 0...Int64(queue.count - 1)))
            ring[index] += 1
            queue[index] += 1
            #expect(ring[index] == queue[index] && ring[0] == queue[0] && ring[ring.count - 1] == queue[queue.count - 1])
        }
    }

    /// Ids that count up, ids with a stride that a power of two divides, and ids from anywhere.
    @Test(arguments: TestScale.seeds(4), [1, 1_024, 0x9E37_79B9_7F4A_7C15] as [UInt64])
    func `a map of numbers is a dictionary`(seed: UInt64, stride: UInt64) {
        var random = SeededGenerator(seed: seed)
        var map = NumberMap<Int64>(filler: -1)
        var dictionary: [UInt64: Int64] = [:]
        for step in 0..<20_000 as Range<Int64> {
            let number = UInt64(random.uniform(in: 0...600)) &* stride
            switch random.uniform(in: 0...3) {
            case 0, 1:
                #expect(map.insert(number, step) == (dictionary[number] == nil))
                if dictionary[number] == nil { dictionary[number] = step }
            case 2:
                map.remove(number)
                dictionary[number] = nil
            default:
                let changed = map.update(number) { value in
                    value += 1
                    return value
                }
                if let value = dictionary[number] { dictionary[number] = value + 1 }
                #expect(changed == dictionary[number])
            }
            #expect(map[number] == dictionary[number] && map.count == dictionary.count)
        }
        let sorted = map.sorted { _, value in value % 2 == 0 }
        #expect(sorted.map(\.number) == dictionary.filter { $0.value % 2 == 0 }.keys.sorted())
    }

    @Test(arguments: TestScale.seeds(8)) func `a list is an array`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var list = List<Int64>(capacity: 1)
        var array: [Int64] = []
        for step in 0..<3_000 as Range<Int64> {
            switch random.uniform(in: 0...9) {
            case 0...5:
                list.append(step)
                array.append(step)
            case 6...7 where !array.isEmpty:
                let index = Int(random.uniform(in: 0...Int64(array.count - 1)))
                list.remove(at: index)
                array.remove(at: index)
            case 8:
                let rest = random.uniform(in: 0...4)
                list.removeAll { $0 % 5 == rest }
                array.removeAll { $0 % 5 == rest }
            case 9 where random.uniform(in: 0...49) == 0:
                list.removeAll()
                array = []
            default: break
            }
            #expect(list.count == array.count && list.first == array.first && list.last == array.last)
            #expect(list.indices.map { list[$0] } == array)
            #expect(list.firstIndex { $0 % 7 == 0 } == array.firstIndex { $0 % 7 == 0 })
        }
    }

    @Test(arguments: TestScale.seeds(8)) func `the last numbers are remembered, and those that are kept`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var map = RecentMap<Int64>(limit: 16, filler: 0)
        var numbers: [UInt64] = []
        var values: [UInt64: Int64] = [:]
        for step in 0..<2_000 as Range<Int64> {
            // Every hundredth value is negative, and kept.
            let (number, value) = (UInt64(step) * 3, step % 100 == 0 ? -step - 1 : step)
            let (isNew, isAgain) = (map.insert(number, value) { $0 < 0 }, map.insert(number, 7))
            #expect(isNew && !isAgain)
            numbers.append(number)
            values[number] = value
            if let chosen = numbers.suffix(16).randomElement(using: &random) {
                map.update(chosen) { $0 += $0 < 0 ? 0 : 1 }
                if let value = values[chosen], value >= 0 { values[chosen] = value + 1 }
            }
            for number in numbers.suffix(16) { #expect(map[number] == values[number]) }
            guard step % 37 == 0 else { continue }
            #expect(map.sorted { $1 < 0 }.map(\.number) == numbers.filter { values[$0]! < 0 })
            #expect(map.sorted { _, _ in true }.count <= 2 * 16 + 20)
        }
        map.remove(numbers[numbers.count - 1])
        #expect(map[numbers[numbers.count - 1]] == nil)
    }

    @Test func `a table lends its rows in place, and one that can't be filled is not left half-made`() {
        struct Full: Error {}
        let table = Table([1, 2, 3])
        table[1] += 40
        #expect(table.indices.map { table[$0] } == [1, 42, 3])
        var made = 0
        #expect(throws: Full.self) {
            _ = try Table<Int>(count: 5) { index in
                if index == 3 { throw Full() }
                made += 1
                return index
            }
        }
        #expect(made == 3)
    }

    @Test(arguments: TestScale.seeds(12)) func `the machine's division rounds as the general one does`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func wide() -> Int64 { random.uniform(in: .min ... .max) >> random.uniform(in: 0...62) }
        for _ in 0..<20_000 {
            let denominator = Int128(max(1, abs(wide() / 2)))
            // Anything whose quotient fits, exact halves among it.
            let numerator =
                Int128(wide() / 2) * denominator + (random.uniform(in: 0...3) == 0 ? denominator / 2 : Int128(wide()) % denominator)
            let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
            let twice = remainder.magnitude * 2
            let rises = twice > denominator.magnitude || (twice == denominator.magnitude && quotient & 1 != 0)
            #expect(roundedQuotient(numerator, denominator) == Int64(quotient) + (rises ? (numerator < 0 ? -1 : 1) : 0))
        }
    }

    @Test(arguments: TestScale.seeds(12)) func `short cuts of rounding agree with the division`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func wide() -> Int64 { random.uniform(in: .min ... .max) >> random.uniform(in: 0...62) }
        for _ in 0..<20_000 {
            let (one, two) = (wide(), wide())
            #expect(product(one, two) == Int128(one) * Int128(two))
            #expect(roundedMean(one, two) == roundedQuotient(Int128(one) + Int128(two), 2))
            let divisor = max(1, abs(two / 2))
            #expect(roundedQuotient(one, divisor) == roundedQuotient(Int128(one), Int128(divisor)))
            // Anything that fits when it is divided, halves of a billionth among it.
            let number = Int128(one) * 1_000_000_000 + (random.uniform(in: 0...2) == 0 ? 500_000_000 : Int128(two % 1_000_000_000))
            guard one > .min + 1, one < .max - 1 else { continue }
            #expect(roundedBillionth(number) == roundedQuotient(number, 1_000_000_000))
        }
    }
}
