import Signing
import Testing

@Suite struct Ed25519Tests {
    /// RFC 8032, section 7.1, tests 1 to 3.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func `published signatures`(seed: String, publicKey: String, message: String, signature: String) throws {
        let key = try Ed25519SecretKey(hexadecimal: seed)
        let bytes = try #require(Hexadecimal.bytes(message))
        #expect(Hexadecimal.text(key.publicKey.bytes) == publicKey)
        #expect(Hexadecimal.text(key.sign(bytes).bytes) == signature)
        #expect(key.publicKey.accepts(key.sign(bytes), of: bytes))
    }

    @Test func `a changed bit of signature, message or key is refused`() throws {
        var numbers = SeededNumbers(seed: 3)
        let key = try makeKey(Ed25519SecretKey.self, numbers.bytes(32))
        let message = numbers.bytes(40)
        let signature = key.sign(message)
        #expect(key.publicKey.accepts(signature, of: message))
        for bit in 0..<512 {
            var bytes = signature.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let changed = try #require(Ed25519Signature(base64: Base64.text(bytes)))
            #expect(!key.publicKey.accepts(changed, of: message))
        }
        for bit in 0..<320 {
            var bytes = message
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.accepts(signature, of: bytes))
        }
        for bit in 0..<256 {
            var bytes = key.publicKey.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let other = try Ed25519PublicKey(base64: Base64.text(bytes))
            #expect(!other.accepts(signature, of: message))
        }
    }

    @Test func `keys of another form are refused without a word of their content`() {
        #expect(throws: KeyError.wrongLength(scheme: "ED25519", expected: 32, found: 31)) {
            try consume(Ed25519SecretKey(hexadecimal: String(repeating: "ab", count: 31)))
        }
        #expect(throws: KeyError.wrongLength(scheme: "ED25519", expected: 32, found: 64)) {
            try consume(Ed25519SecretKey(base64: Base64.text([UInt8](repeating: 7, count: 64))))
        }
        #expect(throws: KeyError.notHexadecimal(scheme: "ED25519")) {
            try consume(Ed25519SecretKey(hexadecimal: String(repeating: "ab", count: 32) + "\n"))
        }
        #expect(throws: KeyError.notBase64(scheme: "ED25519")) {
            try consume(Ed25519SecretKey(base64: String(BackpackTests.secret.dropLast())))
        }
    }
}
