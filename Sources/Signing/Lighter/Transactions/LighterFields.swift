/// Goes through the fields of a transaction in the order that is hashed and written.
///
/// One list of fields a transaction: what is hashed, written and read can't differ.
protocol LighterFieldVisitor {
    associatedtype Failure: Error

    /// A number: one hash element; a negative one is its two's complement of 64 bits modulo p.
    mutating func number<Number: FixedWidthInteger & Sendable>(_ name: StaticString, _ value: inout Number) throws(Failure)
    /// An amount of money: two hash elements, the low and the high 32 bits.
    mutating func amount(_ name: StaticString, _ value: inout Int64) throws(Failure)
    /// A public key: five hash elements.
    mutating func publicKey(_ name: StaticString, _ value: inout LighterPublicKey) throws(Failure)
    /// A note of 32 bytes, which is not hashed.
    mutating func memo(_ name: StaticString, _ value: inout [UInt8]) throws(Failure)
    /// Orders of a group: four hash elements for all of them.
    mutating func orders(_ name: StaticString, _ value: inout [LighterOrder]) throws(Failure)
    /// A number that means nothing. Only what reads can come upon one.
    mutating func refuse(_ name: StaticString) throws(Failure)
}

/// The fields that one kind of transaction has of its own.
protocol LighterFields {
    /// What reading fills in.
    static var blank: Self { get }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure)
}

extension LighterFieldVisitor {
    /// A choice of a few, as its number.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: StaticString, _ value: inout Choice
    ) throws(Failure) where Choice.RawValue: FixedWidthInteger & Sendable {
        var raw = value.rawValue
        try number(name, &raw)
        if let choice = Choice(rawValue: raw) { value = choice } else { try refuse(name) }
    }

    /// A flag, as 0 or 1.
    mutating func flag(_ name: StaticString, _ value: inout Bool) throws(Failure) {
        var raw: UInt8 = value ? 1 : 0
        try number(name, &raw)
        if raw > 1 { try refuse(name) }
        value = raw == 1
    }
}
