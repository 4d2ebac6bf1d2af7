internal import Market
internal import Yams

extension ScenarioResolver {
    private static let exponents: ClosedRange<Int64> = 100_000_000...20_000_000_000
    private static let usualExponent: Int64 = 2_000_000_000

    /// The exponent of a power model in 10⁻⁹; nil, and nothing may be stated, for the others.
    func queueExponent(_ venue: SectionReader, of queue: Scenario.Queue) -> Int64? {
        guard let text = venue.text("queue_exponent") else { return queue.hasExponent ? Self.usualExponent : nil }
        guard queue.hasExponent else {
            // A model that is not known has been told of already.
            if venue.text("queue").map({ Scenario.Queue(rawValue: $0) != nil }) ?? true {
                venue.fail(
                    "queue_exponent", "the queue model \(queue.rawValue) has no exponent", "the models power, power2 and power3 have")
            }
            return nil
        }
        do throws(UnitText.Failure) {
            let exponent = try UnitText.decimal(text, decimals: 9, of: text)
            guard Self.exponents.contains(exponent) else { throw .init(message: "'\(text)' is out of range", hint: "allowed: 0.1 to 20") }
            return exponent
        } catch {
            venue.fail("queue_exponent", error.message, error.hint)
            return nil
        }
    }
}
