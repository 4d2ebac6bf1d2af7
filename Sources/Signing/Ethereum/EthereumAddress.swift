/// Twenty bytes: the last of Keccak-256 of a public key. What Ethereum's signatures are verified against, by recovery.
public struct EthereumAddress: VerifyingKey, CustomStringConvertible {
    public static let byteCount = 20
    public static let zero = EthereumAddress(unchecked: [UInt8](repeating: 0, count: byteCount))

    public let bytes: [UInt8]

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// - Parameter publicKey: Its two coordinates, sixty-four bytes.
    init(publicKey: [UInt8]) { bytes = Array(keccak256(publicKey).bytes.suffix(Self.byteCount)) }

    /// Forty digits with `0x` or without. Digits of both cases must be the address's checksum (EIP-55); of one case they need not.
    ///
    /// - Returns: Nothing for another length, a character that is no digit, or a checksum that is wrong.
    public init?(_ text: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(text), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
        let digits = String(text.suffix(2 * Self.byteCount))
        let isMixed = digits != digits.lowercased() && digits != digits.uppercased()
        if isMixed, checksummed.suffix(2 * Self.byteCount) != digits { return nil }
    }

    /// `0x` and forty digits in the cases that EIP-55 gives: a digit is a capital where the hash of the digits has eight or more.
    public var checksummed: String {
        let digits = Array(Hexadecimal.text(bytes).utf8)
        let hash = keccak256(digits.span).bytes
        let cased = digits.enumerated().map { index, digit in
            let nibble = index.isMultiple(of: 2) ? hash[index / 2] >> 4 : hash[index / 2] & 15
            return digit >= UInt8(ascii: "a") && nibble >= 8 ? digit - 32 : digit
        }
        return "0x" + String(decoding: cased, as: UTF8.self)
    }

    /// `0x` and forty lower-case digits.
    public var description: String { "0x" + Hexadecimal.text(bytes) }

    public func accepts(_ signature: RecoverableSignature, of message: Keccak256Digest) -> Bool {
        signature.isLow && signature.signer(of: message) == self
    }
}
