internal import Market
internal import Signing
internal import Venues

/// The parameters of one request, read as their types. What nobody asks for is left alone.
struct BackpackForm {
    let parameters: [BackpackParameter]
    /// How the venue names it when it complains.
    let name: String

    init(_ parameters: [BackpackParameter], _ name: String) { (self.parameters, self.name) = (parameters, name) }

    /// nil where it is absent or `null`.
    private func value(_ key: String) -> JSONValue? {
        guard let value = parameters.first(where: { $0.name == key })?.value, value != .null else { return nil }
        return value
    }

    func has(_ key: String) -> Bool { value(key) != nil }

    private func problem(_ type: String, _ text: String) -> BackpackFault { .payload(type, text, in: name) }

    /// A text; a number counts as its digits.
    func text(_ key: String, _ type: String = "String") throws(BackpackFault) -> String? {
        switch value(key) {
        case nil: return nil
        case .text(let text), .number(let text): return text
        case .null, .flag, .list, .object: throw problem(type, "Expect a string")
        }
    }

    func flag(_ key: String) throws(BackpackFault) -> Bool? {
        switch value(key) {
        case nil: return nil
        case .flag(let flag): return flag
        case .text("true"), .text("True"): return true
        case .text("false"), .text("False"): return false
        case .text, .null, .number, .list, .object: throw problem("boolean", "Expect a boolean")
        }
    }

    func integer(_ key: String, _ range: ClosedRange<Int64>, _ type: String = "integer") throws(BackpackFault) -> Int64? {
        guard let text = try text(key, type) else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw problem(type, "Expect a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// In 10⁻⁹.
    func decimal(_ key: String) throws(BackpackFault) -> Int64? {
        guard let text = try text(key, "Decimal") else { return nil }
        do throws(Decimal.Failure) { return try Decimal.parse(text, decimals: 9) } catch {
            switch error {
            case .tooPrecise: throw .client("\(key == "price" ? "Price" : "Quantity") decimal too long")
            case .malformed, .outOfRange: throw problem("Decimal", "Invalid decimal")
            }
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: String, _: Choice.Type = Choice.self) throws(BackpackFault)
        -> Choice? where Choice.RawValue == String
    {
        guard let text = try text(key, type) else { return nil }
        guard let choice = Choice(rawValue: text) else { throw problem(type, "Expect a valid enumeration value.") }
        return choice
    }

    func required<Value>(_ value: Value?, _ key: String) throws(BackpackFault) -> Value {
        guard let value else { throw problem(name, "field \"\(key)\" is required") }
        return value
    }
}
