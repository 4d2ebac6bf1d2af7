public import Market

/// JSON whose text is a function of its value: sorted keys, no rounding of money, one rule for ratios.
public indirect enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A number given as its text.
    case decimal(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Money as a string of its exact amount, without the currency.
    public static func amount(_ money: Money) -> JSONValue { .string(Decimal.text(money.nanos, decimals: 9)) }

    /// A ratio or statistic; null where it is not a number.
    public static func ratio(_ value: Double?) -> JSONValue {
        guard let value, value.isFinite else { return .null }
        return .decimal(ratioText(value))
    }

    /// Twelve significant digits, so that the last bits of a sum do not show; no exponent is lost on large numbers.
    static func ratioText(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        guard value != 0 else { return "0" }
        var (digits, exponent) = (abs(value), 0)
        while digits >= 1e12 {
            digits /= 10
            exponent += 1
        }
        while digits < 1e11 {
            digits *= 10
            exponent -= 1
        }
        var whole = Int64(digits.rounded())
        while whole % 10 == 0 {
            whole /= 10
            exponent += 1
        }
        let sign = value < 0 ? "-" : ""
        if (0...6).contains(exponent) { return sign + String(whole) + String(repeating: "0", count: exponent) }
        if (-18..<0).contains(exponent) { return sign + Decimal.text(whole, decimals: -exponent) }
        return "\(sign)\(whole)e\(exponent)"
    }

    /// The value on one line.
    public var compact: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// The value with one key or element a line, indented by two blanks, ending in a newline.
    public var pretty: String {
        var text = ""
        write(to: &text, indent: 0)
        return text + "\n"
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .decimal(let value): text += value
        case .string(let value): text += JSONString.quoted(value, isInScript: true)
        case .array(let values): Self.write(values.map { ("", $0) }, "[", "]", to: &text, indent)
        case .object(let values):
            let members = values.sorted { $0.key < $1.key }.map { key, value in
                (JSONString.quoted(key, isInScript: true) + (indent == nil ? ":" : ": "), value)
            }
            Self.write(members, "{", "}", to: &text, indent)
        }
    }

    private static func write(_ items: [(String, JSONValue)], _ open: String, _ close: String, to text: inout String, _ indent: Int?) {
        text += open
        for (index, (prefix, value)) in items.enumerated() {
            if index > 0 { text += "," }
            if let indent { text += "\n" + String(repeating: "  ", count: indent + 1) }
            text += prefix
            value.write(to: &text, indent: indent.map { $0 + 1 })
        }
        if let indent, !items.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
        text += close
    }
}
