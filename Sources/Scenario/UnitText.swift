package import Market
public import Trading

/// Values with units as a scenario writes them.
package enum UnitText {
    package struct Failure: Error {
        package var message: String
        package var hint: String?
    }

    private static let spans: [(unit: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]

    /// Splits `250 ms` or `250ms` into number and unit.
    private static func split(_ text: String) throws(Failure) -> (number: Substring, unit: Substring) {
        let end = text.firstIndex { !($0.isNumber || "+-.".contains($0)) } ?? text.endIndex
        guard end > text.startIndex else { throw Failure(message: "'\(text)' does not begin with a decimal number") }
        return (text[..<end], text[end...].drop { $0 == " " })
    }

    package static func duration(_ text: String) throws(Failure) -> Nanoseconds {
        let (number, unit) = try split(text)
        guard !unit.isEmpty else { throw Failure(message: "'\(text)' has no unit", hint: "write \"\(text) ms\", with ms, s, min, h or d") }
        guard let span = spans.first(where: { $0.unit == unit })?.nanoseconds else {
            throw Failure(message: "'\(unit)' is not a unit of time", hint: "use ns, us, ms, s, min, h or d")
        }
        // Whole numbers first: scaled by 10⁹, ten seconds of nanoseconds would already be too many.
        if let whole = Int64(number) {
            let (count, overflow) = whole.multipliedReportingOverflow(by: span)
            guard !overflow else { throw Failure(message: "'\(text)' is too large") }
            return Nanoseconds(count: count)
        }
        let scaled = try decimal(number, decimals: 9, of: text)
        let (nanoseconds, remainder) = (Int128(scaled) * Int128(span)).quotientAndRemainder(dividingBy: 1_000_000_000)
        guard remainder == 0 else { throw Failure(message: "'\(text)' is not a whole number of ns") }
        guard let count = Int64(exactly: nanoseconds) else { throw Failure(message: "'\(text)' is too large") }
        return Nanoseconds(count: count)
    }

    static func rate(_ text: String) throws(Failure) -> Rate {
        let (number, unit) = try split(text)
        switch unit {
        case "bp": return Rate(trillionths: try decimal(number, decimals: 8, of: text))
        case "%": return Rate(trillionths: try decimal(number, decimals: 10, of: text))
        case "": throw Failure(message: "'\(text)' has no unit", hint: "write \"\(text) bp\" or \"\(text) %\"")
        default: throw Failure(message: "'\(unit)' is not a unit of a rate", hint: "use bp or %")
        }
    }

    package static func amount(_ text: String) throws(Failure) -> Money {
        let (number, unit) = try split(text)
        guard !unit.isEmpty else {
            throw Failure(message: "'\(text)' has no currency", hint: "write \"\(text) USD\", or another currency or token")
        }
        guard let currency = Currency(unit) else {
            throw Failure(message: "'\(unit)' is not a currency", hint: "a currency is one to eight upper-case letters and digits")
        }
        return Money(nanos: try decimal(number, decimals: 9, of: text), currency)
    }

    static func integer(_ text: String) throws(Failure) -> Int64 {
        guard let value = Int64(text) else { throw Failure(message: "'\(text)' is not a whole number") }
        return value
    }

    static func decimal(_ number: some StringProtocol, decimals: Int, of text: String) throws(Failure) -> Int64 {
        do { return try Decimal.parse(number, decimals: decimals) } catch {
            switch error {
            case .malformed: throw Failure(message: "'\(text)' does not begin with a decimal number")
            case .tooPrecise: throw Failure(message: "'\(text)' has more decimals than can be kept exactly")
            case .outOfRange: throw Failure(message: "'\(text)' is too large")
            }
        }
    }

    // MARK: Canonical text

    static func text(_ span: Nanoseconds) -> String { "\(Decimal.text(span.count, decimals: 6)) ms" }
    static func text(_ rate: Rate) -> String { "\(Decimal.text(rate.trillionths, decimals: 8)) bp" }

    /// In the largest unit that it is a whole number of.
    static func round(_ span: Nanoseconds) -> String {
        for (unit, size) in spans.reversed() where unit != "m" && span.count >= size && span.count % size == 0 {
            return "\(span.count / size) \(unit)"
        }
        return "\(span.count) ns"
    }

    static func text(_ value: ParameterValue) -> String {
        switch value {
        case .duration(let span): text(span)
        case .durationRange(let low, let high): "\(text(low)) .. \(text(high))"
        case .rate(let rate): text(rate)
        case .integer(let number): String(number)
        case .factor(let rate): rate.description
        case .amount(let money): money.description
        case .boolean(let flag): flag ? "true" : "false"
        case .choice(let name): name
        case .unlimited: "unlimited"
        }
    }
}

extension ParameterSpecification {
    /// What a value is checked against, such as `1 ms to 24 h`.
    public var rangeText: String {
        let range =
            switch kind {
            case .duration(let range), .durationRange(let range):
                "\(Self.span(range.lowerBound)) to \(Self.span(range.upperBound))"
            case .rate(let range):
                "\(UnitText.text(Rate(trillionths: range.lowerBound))) to \(UnitText.text(Rate(trillionths: range.upperBound)))"
            case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
            case .factor(let range): "\(Rate(trillionths: range.lowerBound)) to \(Rate(trillionths: range.upperBound))"
            case .amount(let range):
                "\(Decimal.text(range.lowerBound, decimals: 9)) to \(Decimal.text(range.upperBound, decimals: 9)) of a currency"
            case .boolean: "true or false"
            case .choice(let choices): choices.joined(separator: ", ")
            }
        return mayBeUnlimited ? range + ", or unlimited" : range
    }

    private static func span(_ nanoseconds: Int64) -> String { UnitText.round(Nanoseconds(count: nanoseconds)) }

    /// For a hint: `allowed: 1 to 100; default: 10`.
    var allowedText: String {
        "allowed: \(rangeText)" + (defaultText.map { "; default: \($0.joined(separator: " .. "))" } ?? "")
    }

    /// Reads one value as a scenario writes it.
    func value(_ texts: [String]) throws(UnitText.Failure) -> ParameterValue {
        if mayBeUnlimited, texts == ["unlimited"] { return .unlimited }
        if case .durationRange(let range) = kind {
            guard texts.count == 2 else { throw .init(message: "it wants two durations", hint: "write [\"60 min\", \"90 min\"]") }
            let (low, high) = (try UnitText.duration(texts[0]), try UnitText.duration(texts[1]))
            try check(low.count, range)
            try check(high.count, range)
            guard low <= high else {
                throw .init(message: "'\(texts[0])' is longer than '\(texts[1])'", hint: "write the shorter one first")
            }
            return .durationRange(low, high)
        }
        guard texts.count == 1 else { throw .init(message: "it wants one value, not a list") }
        let text = texts[0]
        switch kind {
        case .durationRange: preconditionFailure("handled above")
        case .duration(let range):
            let span = try UnitText.duration(text)
            try check(span.count, range)
            return .duration(span)
        case .rate(let range):
            let rate = try UnitText.rate(text)
            try check(rate.trillionths, range)
            return .rate(rate)
        case .integer(let range):
            let number = try UnitText.integer(text)
            try check(number, range)
            return .integer(number)
        case .factor(let range):
            let factor = try UnitText.decimal(text, decimals: 12, of: text)
            try check(factor, range)
            return .factor(Rate(trillionths: factor))
        case .amount(let range):
            let money = try UnitText.amount(text)
            try check(money.nanos, range)
            return .amount(money)
        case .boolean:
            guard let flag = ["true": true, "false": false][text] else { throw .init(message: "'\(text)' is not true or false") }
            return .boolean(flag)
        case .choice(let choices):
            guard choices.contains(text) else {
                throw .init(message: "'\(text)' is not one of \(choices.joined(separator: ", "))", hint: Spelling.hint(text, choices))
            }
            return .choice(text)
        }
    }

    private func check(_ value: Int64, _ range: ClosedRange<Int64>) throws(UnitText.Failure) {
        guard range.contains(value) else { throw .init(message: "it is out of range", hint: allowedText) }
    }
}
