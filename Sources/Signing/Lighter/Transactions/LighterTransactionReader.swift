extension SignedLighterTransaction {
    /// Reads what `info` writes, fields in any order. A signature is checked against what was read, never against the text.
    ///
    /// - Parameter type: The kind, which the venue's requests carry beside the text.
    /// - Throws: What is wrong first; a field that the kind doesn't have is wrong too.
    public init(info: String, type: UInt8, chain: UInt32) throws(LighterTransactionError) {
        var reader = FieldReader(members: try PlainJSON.object(info))
        guard let action = try LighterAction.read(type: type, from: &reader) else { throw .unknownType(type) }
        var transaction = LighterTransaction(chain: chain, account: 0, apiKey: 0, nonce: 0, expiry: 0, action: action)
        try reader.number(action.accountName, &transaction.account)
        try reader.number("ApiKeyIndex", &transaction.apiKey)
        try reader.number("ExpiredAt", &transaction.expiry)
        try reader.number("Nonce", &transaction.nonce)
        guard let signature = SchnorrSignature(base64: try reader.text("Sig")) else { throw .invalid(field: "Sig") }
        var l1Signature: RecoverableSignature?
        if action.l1SignaturePlace != .none {
            let text = try reader.text("L1Sig")
            l1Signature = RecoverableSignature(hexadecimal: text)
            if l1Signature == nil, !text.isEmpty { throw .invalid(field: "L1Sig") }
        }
        transaction.attributes = try reader.attributes("L2TxAttributes")
        if let field = reader.firstUnread { throw .unknown(field: field) }
        self.init(transaction, signature: signature, l1Signature: l1Signature)
    }
}

/// Takes fields out of an object's members.
private struct FieldReader: LighterFieldVisitor {
    private var members: [String: PlainJSON]

    init(members: [String: PlainJSON]) { self.members = members }

    var firstUnread: String? { members.keys.min() }

    private mutating func take(_ name: StaticString) throws(LighterTransactionError) -> PlainJSON {
        guard let value = members.removeValue(forKey: "\(name)") else { throw .missing(field: "\(name)") }
        return value
    }

    mutating func number<Number: FixedWidthInteger>(
        _ name: StaticString, _ value: inout Number
    ) throws(LighterTransactionError) {
        guard case .number(let digits) = try take(name), let number = Number(digits) else { throw .invalid(field: "\(name)") }
        value = number
    }

    mutating func amount(_ name: StaticString, _ value: inout Int64) throws(LighterTransactionError) { try number(name, &value) }

    mutating func text(_ name: StaticString) throws(LighterTransactionError) -> String {
        guard case .text(let text) = try take(name) else { throw .invalid(field: "\(name)") }
        return text
    }

    mutating func publicKey(_ name: StaticString, _ value: inout LighterPublicKey) throws(LighterTransactionError) {
        let text = try text(name)
        guard let key = try? LighterPublicKey(base64: text) else { throw .invalid(field: "\(name)") }
        value = key
    }

    mutating func memo(_ name: StaticString, _ value: inout [UInt8]) throws(LighterTransactionError) {
        guard case .array(let elements) = try take(name), elements.count == 32 else { throw .invalid(field: "\(name)") }
        var bytes: [UInt8] = []
        for element in elements {
            guard case .number(let digits) = element, let byte = UInt8(digits) else { throw .invalid(field: "\(name)") }
            bytes.append(byte)
        }
        value = bytes
    }

    mutating func orders(_ name: StaticString, _ value: inout [LighterOrder]) throws(LighterTransactionError) {
        guard case .array(let elements) = try take(name), !elements.isEmpty else { throw .invalid(field: "\(name)") }
        var orders: [LighterOrder] = []
        for element in elements {
            guard case .object(let members) = element else { throw .invalid(field: "\(name)") }
            var reader = FieldReader(members: members)
            var order = LighterOrder.blank
            try order.visit(&reader)
            if let field = reader.firstUnread { throw .unknown(field: field) }
            orders.append(order)
        }
        value = orders
    }

    mutating func attributes(_ name: StaticString) throws(LighterTransactionError) -> LighterAttributes {
        var attributes = LighterAttributes()
        switch try take(name) {
        case .null: return attributes
        case .object(let members) where (1...LighterAttributes.limit).contains(members.count):
            for (type, value) in members {
                guard case .number(let digits) = value, let number = Int64(digits), attributes.set(type, to: number) else {
                    throw .invalid(field: "\(name)")
                }
            }
            return attributes
        default: throw .invalid(field: "\(name)")
        }
    }

    mutating func refuse(_ name: StaticString) throws(LighterTransactionError) { throw .invalid(field: "\(name)") }
}
