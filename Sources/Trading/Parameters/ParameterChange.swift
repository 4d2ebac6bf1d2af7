public import Market

/// Another value of one parameter of a running instance.
///
/// It is three words, which a journal can hold: the strategy's specification says which parameter they mean and what its choices are.
public struct ParameterChange: Hashable, BitwiseCopyable, Sendable {
    private enum Form: UInt8 {
        case unlimited, duration, durationRange, rate, integer, factor, amount, boolean, choice
    }

    public let instance: StrategyID
    /// Its place in the strategy's specification.
    public let parameter: UInt16
    private let form: Form
    private let first: Int64
    /// The upper end of a range, or an amount's currency.
    private let second: UInt64

    /// - Parameter parameter: Its place in the specification.
    /// - Returns: nil where there is no such parameter, it may not change while the run goes on, or it can't have the value.
    public init?(_ value: ParameterValue, of parameter: Int, in specification: StrategySpecification, instance: StrategyID) {
        guard specification.parameters.indices.contains(parameter), let place = UInt16(exactly: parameter),
            specification.parameters[parameter].isLiveUpdatable, specification.parameters[parameter].allows(value)
        else { return nil }
        (self.instance, self.parameter) = (instance, place)
        switch value {
        case .unlimited: (form, first, second) = (.unlimited, 0, 0)
        case .duration(let span): (form, first, second) = (.duration, span.count, 0)
        case .durationRange(let low, let high): (form, first, second) = (.durationRange, low.count, UInt64(bitPattern: high.count))
        case .rate(let rate): (form, first, second) = (.rate, rate.trillionths, 0)
        case .integer(let number): (form, first, second) = (.integer, number, 0)
        case .factor(let factor): (form, first, second) = (.factor, factor.trillionths, 0)
        case .amount(let money): (form, first, second) = (.amount, money.nanos, money.currency.packed)
        case .boolean(let flag): (form, first, second) = (.boolean, flag ? 1 : 0, 0)
        case .choice(let name):
            guard case .choice(let choices) = specification.parameters[parameter].kind, let index = choices.firstIndex(of: name) else {
                return nil
            }
            (form, first, second) = (.choice, Int64(index), 0)
        }
    }

    /// Which parameter it changes and to what; nil where the specification has no such parameter, or it can't have the value.
    public func meaning(in specification: StrategySpecification) -> (parameter: ParameterSpecification, value: ParameterValue)? {
        guard Int(parameter) < specification.parameters.count, let value = value(specification.parameters[Int(parameter)]),
            specification.parameters[Int(parameter)].allows(value)
        else { return nil }
        return (specification.parameters[Int(parameter)], value)
    }

    private func value(_ parameter: ParameterSpecification) -> ParameterValue? {
        switch form {
        case .unlimited: return .unlimited
        case .duration: return .duration(Nanoseconds(count: first))
        case .durationRange: return .durationRange(Nanoseconds(count: first), Nanoseconds(count: Int64(bitPattern: second)))
        case .rate: return .rate(Rate(trillionths: first))
        case .integer: return .integer(first)
        case .factor: return .factor(Rate(trillionths: first))
        case .amount: return Currency(packed: second).map { .amount(Money(nanos: first, $0)) }
        case .boolean: return .boolean(first != 0)
        case .choice:
            guard case .choice(let choices) = parameter.kind, let index = Int(exactly: first), choices.indices.contains(index) else {
                return nil
            }
            return .choice(choices[index])
        }
    }

    // MARK: Words

    /// As records hold it.
    public var words: [UInt64] {
        [UInt64(instance.rawValue) | UInt64(parameter) << 16 | UInt64(form.rawValue) << 32, UInt64(bitPattern: first), second]
    }

    /// nil when they are not those of a change.
    public init?(words: some Collection<UInt64>) {
        let words = Array(words)
        guard words.count == 3, words[0] >> 40 == 0, let form = Form(rawValue: UInt8(truncatingIfNeeded: words[0] >> 32)) else {
            return nil
        }
        instance = StrategyID(Int(UInt16(truncatingIfNeeded: words[0])))
        parameter = UInt16(truncatingIfNeeded: words[0] >> 16)
        self.form = form
        (first, second) = (Int64(bitPattern: words[1]), words[2])
    }
}

extension ParameterSpecification {
    /// Whether a value is of its kind and within its bounds.
    public func allows(_ value: ParameterValue) -> Bool {
        switch (kind, value) {
        case (_, .unlimited): mayBeUnlimited
        case (.duration(let bounds), .duration(let span)): bounds.contains(span.count)
        case (.durationRange(let bounds), .durationRange(let low, let high)):
            bounds.contains(low.count) && bounds.contains(high.count) && low <= high
        case (.rate(let bounds), .rate(let rate)), (.factor(let bounds), .factor(let rate)): bounds.contains(rate.trillionths)
        case (.integer(let bounds), .integer(let number)): bounds.contains(number)
        case (.amount(let bounds), .amount(let money)): bounds.contains(money.nanos)
        case (.boolean, .boolean): true
        case (.choice(let choices), .choice(let name)): choices.contains(name)
        default: false
        }
    }
}
