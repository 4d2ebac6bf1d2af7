import TestSupport
import Testing

@testable import Signing

@Suite struct SchnorrTests {
    private static func key(_ numbers: inout SeededNumbers) throws(KeyError) -> LighterSecretKey {
        try makeKey(LighterSecretKey.self, numbers.scalar().bytes)
    }

    @Test func `the same message has the same signature, another message another`() throws {
        var numbers = SeededNumbers(seed: 21)
        for _ in TestScale.seeds(20) {
            let key = try Self.key(&numbers)
            let (first, second) = (LighterDigest(numbers.element()), LighterDigest(numbers.element()))
            let signature = key.sign(first)
            #expect(signature == key.sign(first))
            #expect(signature != key.sign(second))
            #expect(key.publicKey.accepts(signature, of: first))
            #expect(!key.publicKey.accepts(signature, of: second))
            let fresh = key.sign(first, entropy: [1])
            #expect(fresh != signature && key.publicKey.accepts(fresh, of: first))
        }
    }

    @Test func `a changed bit of signature, message or key is refused`() throws {
        var numbers = SeededNumbers(seed: 22)
        let key = try Self.key(&numbers)
        let digest = LighterDigest(numbers.element())
        let signature = key.sign(digest)
        var checked = 0
        for bit in stride(from: 0, to: 640, by: 11) {
            guard let changed = makeSignature(flipping(bit, of: signature.bytes)) else { continue }
            checked += 1
            #expect(!key.publicKey.accepts(changed, of: digest))
        }
        for bit in stride(from: 0, to: 320, by: 13) {
            guard let changed = makeElement(flipping(bit, of: digest.element.bytes)) else { continue }
            checked += 1
            #expect(!key.publicKey.accepts(signature, of: LighterDigest(changed)))
        }
        for bit in stride(from: 0, to: 320, by: 13) {
            guard let changed = try? makePublicKey(flipping(bit, of: key.publicKey.bytes)) else { continue }
            checked += 1
            #expect(!changed.accepts(signature, of: digest))
        }
        #expect(checked > 80)
    }

    @Test func `a signature has one encoding`() throws {
        var numbers = SeededNumbers(seed: 23)
        let signature = try Self.key(&numbers).sign(LighterDigest(numbers.element()))
        let order = (0..<5).flatMap { littleEndianBytes(CurveScalar.order[$0]) }
        let highest = [UInt8](repeating: 0xff, count: 40)
        #expect(makeSignature(signature.bytes) == signature)
        #expect(SchnorrSignature(base64: signature.base64) == signature)
        #expect(SchnorrSignature(hexadecimal: signature.description) == signature)
        for half in [order, highest] {
            #expect(makeSignature(half + signature.e.bytes) == nil)
            #expect(makeSignature(signature.s.bytes + half) == nil)
        }
        #expect(makeSignature(signature.bytes.dropLast()) == nil)
        #expect(makeSignature(signature.bytes + [0]) == nil)
        // s and s + n would be the same number: only the first is read.
        let twin = signature.s.limbsPlusOrder
        #expect(twin.map { makeSignature($0 + signature.e.bytes) == nil } ?? true)
    }

    @Test func `no nonce repeats, and each is below the order`() {
        var numbers = SeededNumbers(seed: 24)
        let secret = makeSecret(numbers.scalar().bytes)
        let count = TestScale.seeds(20_000).count
        var seen: Set<CurveScalar> = []
        seen.reserveCapacity(count)
        for index in 0..<count {
            // Neighbouring messages: a nonce may depend on no part of them less than on another.
            let message = QuinticElement(Goldilocks(canonical: UInt64(index)), .zero, .zero, .zero, Goldilocks(canonical: 1))
            seen.insert(Schnorr.nonce(secret: secret, message: message))
        }
        #expect(seen.count == count)
    }

    @Test func `a nonce depends on key, message and entropy`() {
        var numbers = SeededNumbers(seed: 25)
        let first = makeSecret(numbers.scalar().bytes)
        let second = makeSecret(numbers.scalar().bytes)
        let (message, other) = (numbers.element(), numbers.element())
        let nonces = [
            Schnorr.nonce(secret: first, message: message), Schnorr.nonce(secret: second, message: message),
            Schnorr.nonce(secret: first, message: other), Schnorr.nonce(secret: first, message: message, entropy: [0]),
            Schnorr.nonce(secret: first, message: message, entropy: [0, 0]),
        ]
        #expect(Set(nonces).count == nonces.count)
        #expect(Schnorr.nonce(secret: first, message: message, entropy: []) == nonces[0])
    }

    /// 319 bits: the top bit of an unbiased number below n is set about as often as n's own size says.
    @Test func `every bit of a nonce is set about half of the time`() {
        var numbers = SeededNumbers(seed: 26)
        let secret = makeSecret(numbers.scalar().bytes)
        let count = TestScale.seeds(4_000).count
        var set = [Int](repeating: 0, count: 318)
        for _ in 0..<count {
            let bytes = Schnorr.nonce(secret: secret, message: numbers.element()).bytes
            for bit in 0..<318 { set[bit] += Int(bytes[bit / 8] >> UInt8(bit % 8) & 1) }
        }
        // Six standard deviations of a fair coin.
        let limit = 6 * (Double(count) / 4).squareRoot()
        for bit in 0..<318 { #expect(abs(Double(set[bit]) - Double(count) / 2) < limit, "bit \(bit)") }
    }

    @Test func `a wiped secret is zeros`() {
        let secret = makeSecret([1, 2, 3])
        #expect((0..<3).map { secret[$0] } == [1, 2, 3])
        secret.wipe()
        #expect((0..<3).map { secret[$0] } == [0, 0, 0])
    }

    private func flipping(_ bit: Int, of bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return bytes
    }
}

extension CurveScalar {
    /// The bytes of the scalar plus n, where they fit.
    fileprivate var limbsPlusOrder: [UInt8]? {
        var carry = UInt128(0)
        var bytes: [UInt8] = []
        for index in 0..<5 {
            carry += UInt128(limbs[index]) + UInt128(Self.order[index])
            bytes += littleEndianBytes(UInt64(truncatingIfNeeded: carry))
            carry >>= 64
        }
        return carry == 0 ? bytes : nil
    }
}
