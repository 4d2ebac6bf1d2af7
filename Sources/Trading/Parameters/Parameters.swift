public import Market

/// One parameter of a strategy: what a scenario may say and what it means.
public struct ParameterSpecification: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Written with a unit (`"250 ms"`, `"90 min"`); bounds in ns.
        case duration(ClosedRange<Int64>)
        /// Two durations, low ≤ high, written `["60 min", "90 min"]`.
        case durationRange(ClosedRange<Int64>)
        /// Written in `bp` or `%`; bounds in 10⁻¹².
        case rate(ClosedRange<Int64>)
        /// A bare number of bare things (ticks, attempts, leverage).
        case integer(ClosedRange<Int64>)
        /// A bare decimal factor such as `"0.96"`; bounds in 10⁻¹².
        case factor(ClosedRange<Int64>)
        /// An amount of any currency, `"250 USD"` or `"0.01 BTC"`; bounds in 10⁻⁹ of it.
        case amount(ClosedRange<Int64>)
        case boolean
        case choice([String])
    }

    public var name: String
    public var kind: Kind
    /// As a scenario would write it; nil: the scenario must give it. `unlimited` is allowed where `mayBeUnlimited`.
    public var defaultText: [String]?
    public var mayBeUnlimited: Bool
    /// One sentence.
    public var summary: String
    public var isLiveUpdatable: Bool

    public init(
        _ name: String, _ kind: Kind, default defaultText: [String]?, mayBeUnlimited: Bool = false, isLiveUpdatable: Bool = false,
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.mayBeUnlimited = mayBeUnlimited
        self.summary = summary
        self.isLiveUpdatable = isLiveUpdatable
    }
}

public enum ParameterValue: Hashable, Sendable {
    case duration(Nanoseconds)
    case durationRange(Nanoseconds, Nanoseconds)
    case rate(Rate)
    case integer(Int64)
    case factor(Rate)
    case amount(Money)
    case boolean(Bool)
    case choice(String)
    case unlimited
}

public struct ParameterError: Error, Hashable, Sendable {
    public var parameter: String
    public var message: String
    public var hint: String?

    public init(parameter: String, message: String, hint: String? = nil) {
        self.parameter = parameter
        self.message = message
        self.hint = hint
    }
}

/// What `mmsim strategies NAME` prints and a scenario is checked against.
public struct StrategySpecification: Hashable, Sendable {
    public struct Role: Hashable, Sendable {
        public var name: String
        public var summary: String
        /// Whether a scenario may leave it unbound: the strategy then does without it.
        public var isOptional: Bool
        public init(_ name: String, _ summary: String, isOptional: Bool = false) {
            self.name = name
            self.summary = summary
            self.isOptional = isOptional
        }
    }

    public var name: String
    public var purpose: String
    public var phases: [String]
    public var roles: [Role]
    public var parameters: [ParameterSpecification]

    public init(name: String, purpose: String, phases: [String], roles: [Role], parameters: [ParameterSpecification]) {
        self.name = name
        self.purpose = purpose
        self.phases = phases
        self.roles = roles
        self.parameters = parameters
    }
}

/// The checked values of a strategy's parameters: every name of its specification has one.
public struct Parameters: Hashable, Sendable {
    public var values: [String: ParameterValue]
    public init(_ values: [String: ParameterValue]) { self.values = values }

    public func duration(_ name: String) -> Nanoseconds {
        guard case .duration(let value) = values[name] else { Self.missing(name) }
        return value
    }

    public func durationRange(_ name: String) -> (Nanoseconds, Nanoseconds) {
        guard case .durationRange(let low, let high) = values[name] else { Self.missing(name) }
        return (low, high)
    }

    public func rate(_ name: String) -> Rate {
        guard case .rate(let value) = values[name] else { Self.missing(name) }
        return value
    }

    /// nil is `unlimited`.
    public func rateLimit(_ name: String) -> Rate? {
        switch values[name] {
        case .rate(let value): value
        case .unlimited: nil
        default: Self.missing(name)
        }
    }

    /// nil is `unlimited`.
    public func limit(_ name: String) -> Int64? {
        switch values[name] {
        case .integer(let value): value
        case .unlimited: nil
        default: Self.missing(name)
        }
    }

    public func integer(_ name: String) -> Int64 {
        guard case .integer(let value) = values[name] else { Self.missing(name) }
        return value
    }

    public func factor(_ name: String) -> Rate {
        guard case .factor(let value) = values[name] else { Self.missing(name) }
        return value
    }

    public func amount(_ name: String) -> Money {
        guard case .amount(let value) = values[name] else { Self.missing(name) }
        return value
    }

    /// nil is `unlimited`.
    public func amountLimit(_ name: String) -> Money? {
        switch values[name] {
        case .amount(let value): value
        case .unlimited: nil
        default: Self.missing(name)
        }
    }

    public func boolean(_ name: String) -> Bool {
        guard case .boolean(let value) = values[name] else { Self.missing(name) }
        return value
    }

    public func choice(_ name: String) -> String {
        guard case .choice(let value) = values[name] else { Self.missing(name) }
        return value
    }

    private static func missing(_ name: String) -> Never {
        preconditionFailure("parameter '\(name)' is not in the checked values: specification and use differ")
    }
}
