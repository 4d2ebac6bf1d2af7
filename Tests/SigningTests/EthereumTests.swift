import Signing
import Testing

@Suite struct EthereumTests {
    /// EIP-55's own examples.
    @Test(arguments: [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ])
    func `published checksums`(text: String) throws {
        let address = try #require(EthereumAddress(text))
        #expect(address.checksummed == text)
        #expect(EthereumAddress(text.lowercased()) == address)
        #expect(EthereumAddress("0x" + text.dropFirst(2).uppercased()) == address)
        #expect(EthereumAddress(text.withOneCaseChanged) == nil)
    }

    @Test(arguments: ["", "0x", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd", "5g"])
    func `what is no address is refused`(text: String) {
        #expect(EthereumAddress(text) == nil)
    }

    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `the vectors' key, address and RFC 6979 signatures`() throws {
        let vectors = try GRVTVectors.load()
        let key = try EthereumSecretKey(hexadecimal: vectors.key.privateKey)
        #expect("0x" + Hexadecimal.text(key.coordinates) == vectors.key.publicKeyUncompressedNoPrefix)
        #expect(key.publicKey.checksummed == vectors.key.addressChecksummed)
        #expect(key.publicKey.description == vectors.key.addressLower)
        #expect(vectors.secp256k1.rfc6979.count == 3)
        for vector in vectors.secp256k1.rfc6979 {
            let text = vector.hash.dropFirst(2)
            let hash = String(repeating: "0", count: 64 - text.count) + text
            let digest = Keccak256Digest(bytes: try #require(Hexadecimal.bytes(hash)))
            let signature = key.sign(digest)
            #expect([signature.rText, signature.sText] == [vector.r, vector.s])
            #expect(signature.v == vector.v)
            #expect(key.publicKey.accepts(signature, of: digest))
        }
    }

    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `Lighter's L1 signatures`() throws {
        let vectors = try LighterVectors.load().l1_signatures
        #expect(vectors.count == 4)
        for vector in vectors {
            let key = try EthereumSecretKey(hexadecimal: vector.eth_private_key)
            #expect(key.publicKey.checksummed == vector.address)
            #expect(EthereumSecretKey.digest(personalMessage: vector.message).description == vector.eip191_digest)
            let signature = key.sign(personalMessage: vector.message)
            #expect(signature.description == vector.L1Sig)
            #expect(RecoverableSignature(hexadecimal: vector.L1Sig) == signature)
        }
    }

    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ])
    func `zero and numbers from the order on are no keys`(text: String) {
        #expect(throws: KeyError.outOfRange(scheme: "secp256k1")) { try consume(EthereumSecretKey(hexadecimal: text)) }
    }

    @Test func `the twin of a signature is refused, and so is a changed bit`() throws {
        var numbers = SeededNumbers(seed: 5)
        for _ in 0..<20 {
            let key = try makeKey(EthereumSecretKey.self, numbers.bytes(32))
            let digest = Keccak256Digest(bytes: numbers.bytes(32))
            let signature = key.sign(digest)
            #expect(signature == key.sign(digest))
            #expect(signature.isLow && key.publicKey.accepts(signature, of: digest))
            // The twin recovers the same signer: only the rule of the lower half tells them apart.
            let twin = try #require(RecoverableSignature(r: signature.r, s: negated(signature.s), v: 55 - signature.v))
            #expect(twin.signer(of: digest) == key.publicKey)
            #expect(!twin.isLow && !key.publicKey.accepts(twin, of: digest))
            for bit in stride(from: 0, to: 512, by: 7) {
                var bytes = signature.r + signature.s
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                let changed = try #require(RecoverableSignature(r: Array(bytes[..<32]), s: Array(bytes[32...]), v: signature.v))
                #expect(!key.publicKey.accepts(changed, of: digest))
            }
        }
    }

    @Test func `signatures of another form are refused`() {
        #expect(RecoverableSignature(r: [1], s: [1], v: 27) == nil)
        #expect(RecoverableSignature(r: [UInt8](repeating: 1, count: 32), s: [UInt8](repeating: 1, count: 32), v: 0) == nil)
        #expect(RecoverableSignature(hexadecimal: "0x" + String(repeating: "11", count: 64)) == nil)
        let zeros = RecoverableSignature(hexadecimal: String(repeating: "00", count: 64) + "1b")
        #expect(zeros?.signer(of: keccak256("")) == nil)
    }

    /// n − s.
    private func negated(_ s: [UInt8]) -> [UInt8] {
        let order = Hexadecimal.bytes("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") ?? []
        var result = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(s[index]) - borrow
            result[index] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        return result
    }
}

extension String {
    /// The last letter in its other case: spoils a checksum.
    fileprivate var withOneCaseChanged: String {
        guard let index = lastIndex(where: \.isLetter) else { return self }
        let letter = self[index].isLowercase ? self[index].uppercased() : self[index].lowercased()
        return replacingCharacters(in: index...index, with: letter)
    }

    private func replacingCharacters(in range: ClosedRange<Index>, with text: String) -> String {
        var copy = self
        copy.replaceSubrange(range, with: text)
        return copy
    }
}
