/// Where a message for GRVT is meant to be valid: one of its chains.
public struct GRVTDomain: TypedData, Hashable {
    public static let production = GRVTDomain(chain: 325)
    public static let testnet = GRVTDomain(chain: 326)
    public static let development = GRVTDomain(chain: 327)

    public let chain: UInt64
    /// The hash that every digest of this chain holds.
    public let separator: Keccak256Digest

    public init(chain: UInt64) {
        self.chain = chain
        var words = TypedDataWords()
        Self.encode(chain, into: &words)
        separator = keccak256(keccak256(Self.encodedType).bytes + words.bytes)
    }

    public static var encodedType: String { "EIP712Domain(string name,string version,uint256 chainId)" }

    public func encode(into words: inout TypedDataWords) { Self.encode(chain, into: &words) }

    private static func encode(_ chain: UInt64, into words: inout TypedDataWords) {
        words.append("GRVT Exchange")
        words.append("0")
        words.append(chain)
    }

    public func digest(_ message: some TypedData) -> Keccak256Digest { EIP712.digest(message, domain: separator) }
}

extension EthereumSecretKey {
    public func sign(_ message: some TypedData, for domain: GRVTDomain) -> RecoverableSignature { sign(domain.digest(message)) }
}
