import Market
import TestSupport
import Testing

@testable import Venues

@Suite struct DecimalTextTests {
    @Test func `the short way to read a decimal reads what the long one reads, or leaves it to that`() {
        let letters = Array("0123456789..-+e ".utf8)
        var (short, long) = (0, 0)
        for seed in TestScale.seeds(20_000) {
            var random = SeededGenerator(seed: seed)
            var text = (0..<random.uniform(in: 0...22)).map { _ in letters[Int(random.uniform(in: 0...9))] }
            for _ in 0..<random.uniform(in: 0...2) where !text.isEmpty {
                text[Int(random.uniform(in: 0...Int64(text.count - 1)))] = letters[Int(random.uniform(in: 10...15))]
            }
            let decimals = Int(random.uniform(in: 0...12))
            let read = Bytes.lending(text) { $0.shortDecimal(decimals) }
            let expected = try? Decimal.parse(text, decimals: decimals)
            if let read {
                #expect(read == expected, "\(String(decoding: text, as: UTF8.self)) at \(decimals)")
                short += 1
            } else if expected != nil {
                long += 1
            }
        }
        #expect(short > 4_000 && long > 0)
    }
}
