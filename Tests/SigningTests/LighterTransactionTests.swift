import TestSupport
import Testing

@testable import Signing

@Suite struct LighterTransactionTests {
    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `every transaction of the official signer, at every level`() throws {
        let vectors = try LighterVectors.load().tx_signed
        #expect(vectors.count == 45)
        #expect(Set(vectors.map(\.tx_type)) == Set(LighterAction.types))
        for vector in vectors {
            let name: Comment = "\(vector.tx_info)"
            let signed = try SignedLighterTransaction(info: vector.tx_info, type: vector.tx_type, chain: vector.chain_id)
            let transaction = signed.transaction
            #expect(try transaction.elements == vector.hash_preimage_elements.elements, name)
            #expect(try Poseidon2.quinticHash(transaction.elements) == vector.inner_hash.quintic, name)
            let attributes = transaction.attributes.pairs.flatMap { [$0.type, $0.value] }.map { Goldilocks($0) }
            let padding = [Goldilocks](repeating: .zero, count: attributes.isEmpty ? 0 : 8 - attributes.count)
            #expect(try attributes + padding == vector.attribute_elements?.elements ?? [], name)
            #expect(signed.hash == vector.tx_hash_hex, name)
            #expect(signed.signature.description == vector.signature_hex, name)
            #expect(signed.info == vector.tx_info)
            #expect(transaction.l1Message == vector.l1_message_to_sign, name)
            let key = try LighterSecretKey(hexadecimal: vector.private_key_hex)
            #expect(key.publicKey.description == vector.public_key_hex)
            #expect(signed.isSigned(by: key.publicKey), name)
            #expect(key.sign(transaction).isSigned(by: key.publicKey), name)
        }
    }

    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `auth tokens of the official signer`() throws {
        let vectors = try LighterVectors.load().auth_tokens
        #expect(vectors.count == 5)
        for vector in vectors {
            let token = try #require(LighterAuthToken(vector.token))
            #expect(token.deadline == vector.deadline && token.account == vector.account_index && token.apiKey == vector.api_key_index)
            #expect(try LighterAuthToken.elements(of: vector.message) == vector.message_elements.elements)
            #expect(try LighterAuthToken.digest(of: vector.message).element == vector.msg_hash.quintic)
            #expect(token.description == vector.token)
            let key = try LighterPublicKey(hexadecimal: vector.public_key_hex)
            #expect(token.isSigned(by: key))
            let later = try #require(LighterAuthToken("2" + vector.token))
            #expect(!later.isSigned(by: key))
        }
    }

    @Test(arguments: LighterAction.types) func `what is written is read again, field by field`(type: UInt8) throws {
        var numbers = SeededNumbers(seed: UInt64(type))
        let l1Key = try makeKey(EthereumSecretKey.self, numbers.bytes(32))
        for seed in TestScale.seeds(40) {
            let transaction = numbers.transaction(type: type)
            let signature = SchnorrSignature(s: numbers.scalar(), e: numbers.scalar())
            let hasL1 = transaction.l1Message != nil && seed.isMultiple(of: 2)
            let l1Signature = transaction.l1Message.flatMap { hasL1 ? l1Key.sign(personalMessage: $0) : nil }
            let signed = SignedLighterTransaction(transaction, signature: signature, l1Signature: l1Signature)
            let read = try SignedLighterTransaction(info: signed.info, type: type, chain: transaction.chain)
            #expect(read == signed, "seed \(seed)")
            #expect(read.info == signed.info)
        }
    }

    /// A field that is not hashed could be changed without a key. The memo is one: the venue's own choice.
    @Test(arguments: LighterAction.types) func `every number of a transaction is hashed`(type: UInt8) throws {
        var numbers = SeededNumbers(seed: 100 + UInt64(type))
        let signature = SchnorrSignature(s: .one, e: .one)
        let transaction = numbers.transaction(type: type)
        let info = SignedLighterTransaction(transaction, signature: signature).info
        var changed = 0
        for field in fieldsOfNumbers(info) {
            guard let other = changing(field, in: info) else { continue }
            guard let read = try? SignedLighterTransaction(info: other, type: type, chain: transaction.chain) else { continue }
            #expect(read.transaction.digest != transaction.digest, "\(other)")
            changed += 1
        }
        #expect(changed >= 4)
        var elsewhere = transaction
        elsewhere.chain ^= 1
        #expect(elsewhere.digest != transaction.digest)
    }

    @Test(arguments: [
        ("", 14 as UInt8, LighterTransactionError.malformed(offset: 0)),
        ("[]", 14, .malformed(offset: 2)),
        ("{\"A\":1,\"A\":1}", 14, .malformed(offset: 7)),
        ("{\"A\":1} x", 14, .malformed(offset: 8)),
        ("{\"A\":01}", 14, .malformed(offset: 7)),
        ("{\"A\":-0}", 14, .malformed(offset: 7)),
        ("{\"A\":1.5}", 14, .malformed(offset: 6)),
        ("{\"A\":\"\\n\"}", 14, .malformed(offset: 6)),
        ("{\"A\":[[[[[[[[[1]]]]]]]]]}", 14, .malformed(offset: 12)),
        ("{}", 14, .missing(field: "MarketIndex")),
        ("{}", 7, .unknownType(7)),
    ])
    func `what is no transaction is refused`(info: String, type: UInt8, error: LighterTransactionError) {
        #expect(throws: error) { try SignedLighterTransaction(info: info, type: type, chain: 304) }
    }

    @Test func `fields of another form, range or kind are refused`() throws {
        let order = LighterTransaction(chain: 304, account: 65, apiKey: 4, nonce: 7, expiry: 1, action: .createOrder(LighterOrder()))
        let info = SignedLighterTransaction(order, signature: SchnorrSignature(s: .one, e: .one)).info
        func error(_ old: String, _ new: String) -> LighterTransactionError? {
            #expect(info.contains(old))
            do throws(LighterTransactionError) {
                _ = try SignedLighterTransaction(info: info.replacing(old, with: new), type: 14, chain: 304)
                return nil
            } catch { return error }
        }
        #expect(error("\"IsAsk\":0", "\"IsAsk\":2") == .invalid(field: "IsAsk"))
        #expect(error("\"IsAsk\":0", "\"IsAsk\":\"0\"") == .invalid(field: "IsAsk"))
        #expect(error("\"Type\":0", "\"Type\":7") == .invalid(field: "Type"))
        #expect(error("\"Price\":0", "\"Price\":4294967296") == .invalid(field: "Price"))
        #expect(error("\"Price\":0", "\"Price\":-1") == .invalid(field: "Price"))
        #expect(error("\"Price\":0,", "") == .missing(field: "Price"))
        #expect(error("\"Price\":0", "\"Price\":0,\"Size\":1") == .unknown(field: "Size"))
        #expect(error("\"Sig\":\"", "\"Sig\":\"AAAA") == .invalid(field: "Sig"))
        #expect(error("TxAttributes\":null", "TxAttributes\":{}") == .invalid(field: "L2TxAttributes"))
        #expect(error("TxAttributes\":null", "TxAttributes\":{\"9\":1}") == .invalid(field: "L2TxAttributes"))
        #expect(error("TxAttributes\":null", "TxAttributes\":{\"4\":2}") == .invalid(field: "L2TxAttributes"))
        let five = "TxAttributes\":{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"6\":1}"
        #expect(error("TxAttributes\":null", five) == .invalid(field: "L2TxAttributes"))
        #expect(throws: LighterTransactionError.missing(field: "Index")) {
            try SignedLighterTransaction(info: info, type: 15, chain: 304)
        }
    }

    @Test(arguments: [
        "", ":", "1:2:3", "1:2:3:", "1:2:256:", "+1:2:3:", " 1:2:3:", "01:2:3:", "1:2:3:0x",
    ])
    func `what is no token is refused`(start: String) {
        let digits = SchnorrSignature(s: .one, e: .one).description
        #expect(LighterAuthToken(start) == nil)
        #expect(LighterAuthToken("1:2:3:" + digits) != nil)
        #expect(LighterAuthToken("1:2:3:" + digits + ":") == nil)
        if start != "1:2:3:" { #expect(LighterAuthToken(start + digits) == nil) }
    }

    /// Any bytes are refused or read, and what is read writes itself again: no trap, whatever comes.
    @Test func `mutated transactions are refused or read`() throws {
        var refused = 0
        var accepted = 0
        for seed in TestScale.seeds(3_000) {
            var numbers = SeededNumbers(seed: seed)
            let type = LighterAction.types[Int(seed) % LighterAction.types.count]
            let signature = SchnorrSignature(s: numbers.scalar(), e: numbers.scalar())
            var bytes = Array(SignedLighterTransaction(numbers.transaction(type: type), signature: signature).info.utf8)
            let alphabet = Array("{}[]\",:0189-nul \\eE.\u{0}\u{7f}".utf8) + [0xff, 0xc3]
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                let position = Int.random(in: 0..<bytes.count, using: &numbers)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &numbers)]
                switch numbers.next() % 4 {
                case 0: bytes[position] = byte
                case 1: bytes.insert(byte, at: position)
                case 2: bytes.remove(at: position)
                default: bytes.removeSubrange(position...)
                }
                if bytes.isEmpty { bytes = [byte] }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(LighterTransactionError) {
                let read = try SignedLighterTransaction(info: text, type: type, chain: 1)
                let again = try SignedLighterTransaction(info: read.info, type: type, chain: 1)
                #expect(again == read, "seed \(seed)")
                accepted += 1
            } catch {
                refused += 1
            }
        }
        #expect(refused > accepted && accepted > 0)
    }

    private func fieldsOfNumbers(_ info: String) -> [String] {
        info.matches(of: #/"(\w+)":-?\d+/#).map { String($0.output.1) }.filter { $0.contains(where: \.isLetter) }
    }

    /// The text with the last digit of a field's number another, which keeps it in range.
    private func changing(_ field: String, in info: String) -> String? {
        guard let match = info.firstMatch(of: try? Regex("\"\(field)\":-?\\d*(\\d)", as: (Substring, Substring).self)) else { return nil }
        let range = match.output.1.startIndex..<match.output.1.endIndex
        return info.replacingCharacters(range, with: match.output.1 == "1" ? "0" : "1")
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<Index>, with text: String) -> String {
        var copy = self
        copy.replaceSubrange(range, with: text)
        return copy
    }

    fileprivate func firstMatch<Output>(of regex: Regex<Output>?) -> Regex<Output>.Match? {
        guard let regex else { return nil }
        return self.firstMatch(of: regex)
    }
}

extension SeededNumbers {
    mutating func scalar() -> CurveScalar {
        let wide = bytes(64)
        return CurveScalar(reducingWide: wide.span)
    }

    mutating func element() -> QuinticElement { QuinticElement((0..<5).map { _ in Goldilocks(reducing: next()) }) }
}
