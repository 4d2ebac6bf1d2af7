internal import Market
public import Trading
internal import Yams

/// Values of parameters as a scenario writes them, apart from one.
extension ParameterSpecification {
    /// Reads a value such as `4 bp`, or `["60 min", "90 min"]`.
    ///
    /// - Throws: `ParameterError` saying what is wrong with it and what is allowed.
    public func value(text: String) throws(ParameterError) -> ParameterValue {
        let node = try? Yams.compose(yaml: text, .basic)
        let texts: [String]? =
            switch node {
            case .scalar(let scalar): [scalar.string]
            case .sequence(let sequence): Self.scalars(sequence)
            default: nil
            }
        guard let texts else {
            throw ParameterError(parameter: name, message: "'\(text)' is no value", hint: allowedText)
        }
        do { return try value(texts) } catch {
            throw ParameterError(parameter: name, message: error.message, hint: error.hint ?? allowedText)
        }
    }

    private static func scalars(_ sequence: Node.Sequence) -> [String]? {
        var texts: [String] = []
        for node in sequence {
            guard let scalar = node.scalar else { return nil }
            texts.append(scalar.string)
        }
        return texts
    }
}

extension ParameterValue {
    /// With its unit, such as `4 bp`.
    public var text: String { UnitText.text(self) }
}
