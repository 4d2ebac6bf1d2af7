import TestSupport
import Testing

@testable import Signing

/// Whatever bytes come, a decoder refuses them or takes them for the one value that is written so.
@Suite struct DecoderTests {
    @Test func `random bytes as keys and signatures of Lighter`() {
        var taken = 0
        for seed in TestScale.seeds(400) {
            var numbers = SeededNumbers(seed: 1_000 + seed)
            // Numbers just below, at and above the limits are likelier than chance makes them.
            let bytes = (0..<10).flatMap { _ in littleEndianBytes(numbers.limb()) }
            if let signature = makeSignature(bytes) {
                taken += 1
                #expect(signature.bytes == bytes)
            }
            if let scalar = makeScalar(bytes: Array(bytes[..<40])) { #expect(scalar.bytes == Array(bytes[..<40])) }
            if let element = makeElement(Array(bytes[40...])) { #expect(element.bytes == Array(bytes[40...])) }
            if let key = try? makePublicKey(Array(bytes[40...])) { #expect(key.bytes == Array(bytes[40...])) }
            let cut = Array(bytes.prefix(Int(seed % 80)))
            #expect(makeSignature(cut) == nil)
        }
        #expect(taken > 0)
    }

    @Test func `random bytes as signatures of Ethereum`() {
        var recovered = 0
        for seed in TestScale.seeds(200) {
            var numbers = SeededNumbers(seed: 2_000 + seed)
            let digest = Keccak256Digest(bytes: numbers.bytes(32))
            let text = Hexadecimal.text(numbers.bytes(64)) + (seed.isMultiple(of: 2) ? "1b" : "1c")
            guard let signature = RecoverableSignature(hexadecimal: text) else { continue }
            #expect(signature.description == "0x" + text)
            guard let signer = signature.signer(of: digest) else { continue }
            recovered += 1
            #expect(signer.accepts(signature, of: digest) == signature.isLow)
        }
        #expect(recovered > 0)
    }

    @Test func `random bytes as keys and signatures of ED25519`() throws {
        for seed in TestScale.seeds(200) {
            var numbers = SeededNumbers(seed: 3_000 + seed)
            let key = try Ed25519PublicKey(base64: Base64.text(numbers.bytes(32)))
            let signature = try #require(Ed25519Signature(base64: Base64.text(numbers.bytes(64))))
            #expect(!key.accepts(signature, of: numbers.bytes(20)))
        }
    }

    @Test func `random text as tokens and addresses`() throws {
        let key = try LighterSecretKey(hexadecimal: "01" + String(repeating: "00", count: 39))
        let token = key.authToken(deadline: 1_900_000_000, account: 65, apiKey: 3).description
        #expect(LighterAuthToken(token)?.isSigned(by: key.publicKey) == true)
        let alphabet = Array("0123456789abcdefABCDEF:+-x \u{e9}")
        var taken = 0
        for seed in TestScale.seeds(2_000) {
            var numbers = SeededNumbers(seed: 4_000 + seed)
            var characters = Array(token)
            let position = Int.random(in: 0..<characters.count, using: &numbers)
            characters[position] = alphabet[Int.random(in: 0..<alphabet.count, using: &numbers)]
            let text = String(characters)
            if let read = LighterAuthToken(text) {
                taken += 1
                #expect(read.description == text)
            }
            let digits = String((0..<40).map { _ in alphabet[Int.random(in: 0..<22, using: &numbers)] })
            if let address = EthereumAddress(digits) { #expect(address.checksummed == "0x" + digits || digits == digits.lowercased()) }
        }
        #expect(taken > 100)
    }

    /// Errors are written to logs: what was given as a key must not be in them.
    @Test func `an error says nothing of what was given`() {
        let secret = "5ecre7" + String(repeating: "5e", count: 29)
        func words(_ make: () throws -> Void) -> String {
            do {
                try make()
                return ""
            } catch let error as KeyError {
                return "\(error) \(error.message) \(error.hint ?? "")"
            } catch {
                return ""
            }
        }
        let messages = [
            words { try consume(Ed25519SecretKey(hexadecimal: secret)) }, words { try consume(Ed25519SecretKey(base64: secret)) },
            words { try consume(EthereumSecretKey(hexadecimal: secret)) }, words { try consume(LighterSecretKey(hexadecimal: secret)) },
            words { try consume(LighterSecretKey(hexadecimal: String(repeating: "5e", count: 30))) },
            words { try consume(EthereumSecretKey(hexadecimal: String(repeating: "ff", count: 32))) },
            words { try consume(LighterSecretKey(hexadecimal: String(repeating: "ff", count: 40))) },
        ]
        for message in messages {
            #expect(!message.isEmpty)
            #expect(!message.contains("5e") && !message.contains("ffff"))
        }
    }
}

extension SeededNumbers {
    /// A limb that is often one of those around which encodings are refused.
    fileprivate mutating func limb() -> UInt64 {
        let special: [UInt64] = [0, 1, Goldilocks.modulus - 1, Goldilocks.modulus, .max, 0x7FFF_FFFD_8000_0007, 0x7FFF_FFFD_8000_0006]
        return next() % 4 == 0 ? special[Int(next() % UInt64(special.count))] : next() >> (next() % 3)
    }
}
