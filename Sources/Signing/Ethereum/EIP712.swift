/// A value that EIP-712 signs: a type with named members in a fixed order.
public protocol TypedData: Sendable {
    /// The type's text, its members' types after it: `Order(uint64 subAccountID,…)OrderLeg(…)`.
    static var encodedType: String { get }

    /// Appends the members in the order of the type.
    func encode(into words: inout TypedDataWords)
}

/// Members of typed data, each in a word of thirty-two bytes.
public struct TypedDataWords: Sendable {
    private(set) var bytes: [UInt8] = []

    init() {}

    public mutating func append(_ number: UInt64) {
        pad(with: 0, count: 24)
        appendBigEndian(number)
    }

    /// A negative number is extended by its sign.
    public mutating func append(_ number: Int64) {
        pad(with: number < 0 ? 0xff : 0, count: 24)
        appendBigEndian(UInt64(bitPattern: number))
    }

    public mutating func append(_ flag: Bool) { append(UInt64(flag ? 1 : 0)) }

    public mutating func append(_ number: UInt256) { bytes += number.bytes }

    public mutating func append(_ address: EthereumAddress) {
        pad(with: 0, count: 12)
        bytes += address.bytes
    }

    /// A text is signed by its hash.
    public mutating func append(_ text: String) { bytes += keccak256(text).bytes }

    /// An array is signed by the hash of its elements' hashes.
    public mutating func append<Element: TypedData>(_ elements: [Element]) {
        bytes += keccak256(elements.flatMap { EIP712.structHash($0).bytes }).bytes
    }

    private mutating func pad(with byte: UInt8, count: Int) { bytes += repeatElement(byte, count: count) }

    private mutating func appendBigEndian(_ number: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}

/// A number of 256 bits, big-endian, that is only carried and signed.
public struct UInt256: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(_ number: UInt64) {
        bytes = [UInt8](repeating: 0, count: 24) + littleEndianBytes(number).reversed()
    }

    /// Up to sixty-four digits with `0x` or without, as venues write an instrument's hash.
    public init?(hexadecimal text: some StringProtocol) {
        let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : String(text)
        guard !digits.isEmpty, digits.utf8.count <= 64 else { return nil }
        guard let bytes = Hexadecimal.bytes(String(repeating: "0", count: 64 - digits.utf8.count) + digits) else { return nil }
        self.bytes = bytes
    }

    /// `0x` and sixty-four digits.
    public var description: String { "0x" + Hexadecimal.text(bytes) }
}

/// EIP-712: a digest binds the data, its type and the domain it is meant for.
public enum EIP712 {
    /// Keccak-256 of the type's hash and the members.
    public static func structHash<Message: TypedData>(_ message: Message) -> Keccak256Digest {
        var words = TypedDataWords()
        message.encode(into: &words)
        return keccak256(keccak256(Message.encodedType).bytes + words.bytes)
    }

    /// Keccak-256 of 0x1901, the domain and the message: what is signed.
    public static func digest<Message: TypedData>(_ message: Message, domain: Keccak256Digest) -> Keccak256Digest {
        keccak256([0x19, 0x01] + domain.bytes + structHash(message).bytes)
    }
}
