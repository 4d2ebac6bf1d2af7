/// A transaction before it is signed.
public struct LighterTransaction: Hashable, Sendable {
    /// 304 in production, 300 on the test network.
    public var chain: UInt32
    public var account: Int64
    /// The number of the API key that signs, 0 to 254.
    public var apiKey: UInt8
    /// The key's next number, or any larger one where the attribute `skipsNonces` is set.
    public var nonce: Int64
    /// Milliseconds of Unix time after which the venue refuses the transaction.
    public var expiry: Int64
    public var action: LighterAction
    public var attributes: LighterAttributes

    public init(
        chain: UInt32, account: Int64, apiKey: UInt8, nonce: Int64, expiry: Int64, action: LighterAction,
        attributes: LighterAttributes = LighterAttributes()
    ) {
        self.chain = chain
        self.account = account
        self.apiKey = apiKey
        self.nonce = nonce
        self.expiry = expiry
        self.action = action
        self.attributes = attributes
    }

    /// What is signed, and by its digits the transaction's hash.
    ///
    /// - Precondition: four attributes at most.
    public var digest: LighterDigest {
        let hash = Poseidon2.quinticHash(elements)
        guard let attributes = attributes.hash else { return LighterDigest(hash) }
        return LighterDigest(Poseidon2.quinticHash(hash.coefficients + attributes.coefficients))
    }

    /// The elements that are hashed: chain, kind, nonce, expiry, account, key and the fields of the kind.
    var elements: [Goldilocks] {
        var collector = ElementCollector()
        collector.elements = [
            Goldilocks(Int64(chain)), Goldilocks(Int64(action.type)), Goldilocks(nonce), Goldilocks(expiry), Goldilocks(account),
            Goldilocks(Int64(apiKey)),
        ]
        action.show(to: &collector)
        return collector.elements
    }
}

/// A transaction with its signature: what the venue takes.
public struct SignedLighterTransaction: Hashable, Sendable {
    public var transaction: LighterTransaction
    public var signature: SchnorrSignature
    /// The account's Ethereum signature of `l1Message`, where the venue wants one.
    public var l1Signature: RecoverableSignature?

    public init(_ transaction: LighterTransaction, signature: SchnorrSignature, l1Signature: RecoverableSignature? = nil) {
        self.transaction = transaction
        self.signature = signature
        self.l1Signature = l1Signature
    }

    /// Eighty digits.
    public var hash: String { transaction.digest.description }

    public func isSigned(by key: LighterPublicKey) -> Bool { key.accepts(signature, of: transaction.digest) }
}

extension LighterSecretKey {
    public func sign(_ transaction: LighterTransaction, l1Signature: RecoverableSignature? = nil) -> SignedLighterTransaction {
        SignedLighterTransaction(transaction, signature: sign(transaction.digest), l1Signature: l1Signature)
    }
}

/// Collects what is hashed.
private struct ElementCollector: LighterFieldVisitor {
    var elements: [Goldilocks] = []

    mutating func number<Number: FixedWidthInteger>(_ name: StaticString, _ value: inout Number) {
        elements.append(Goldilocks(Int64(value)))
    }

    mutating func amount(_ name: StaticString, _ value: inout Int64) {
        let bits = UInt64(bitPattern: value)
        elements.append(Goldilocks(canonical: bits & Goldilocks.carry))
        elements.append(Goldilocks(canonical: bits >> 32))
    }

    mutating func publicKey(_ name: StaticString, _ value: inout LighterPublicKey) { elements += value.encoded.coefficients }

    mutating func memo(_ name: StaticString, _ value: inout [UInt8]) {}

    mutating func orders(_ name: StaticString, _ value: inout [LighterOrder]) {
        var aggregate: [Goldilocks] = []
        for order in value {
            var order = order
            var inner = ElementCollector()
            order.visit(&inner)
            let hash = Poseidon2.hash(inner.elements)
            aggregate = aggregate.isEmpty ? hash : Poseidon2.hash(aggregate + hash)
        }
        precondition(!aggregate.isEmpty, "a group holds at least one order")
        elements += aggregate
    }

    mutating func refuse(_ name: StaticString) { preconditionFailure("\(name) holds a value of its own type") }
}
