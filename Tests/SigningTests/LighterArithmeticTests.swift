import Testing

@testable import Signing

@Suite(.enabled(if: Vectors.arePresent, Vectors.absence)) struct LighterArithmeticVectorTests {
    let vectors: LighterVectors

    init() throws { vectors = try .load() }

    @Test func `the prime field`() throws {
        #expect(vectors.goldilocks.count == 12)
        for vector in vectors.goldilocks {
            let (a, b) = try (vector.a.field, vector.b.field)
            #expect((a + b).value == vector.add.value)
            #expect((a - b).value == vector.sub.value)
            #expect((a * b).value == vector.mul.value)
            #expect(a.inverse.value == vector.inv_a.value)
            #expect(a.seventhPower.value == vector.pow7_a.value)
        }
    }

    @Test func `the extension`() throws {
        #expect(vectors.gfp5.count == 8)
        for vector in vectors.gfp5 {
            let (a, b) = try (vector.a.quintic, vector.b.quintic)
            #expect(try a + b == vector.add.quintic)
            #expect(try a - b == vector.sub.quintic)
            #expect(try a * b == vector.mul.quintic)
            #expect(try a.squared == vector.square_a.quintic)
            #expect(try a.inverse == vector.inv_a.quintic)
            #expect(try a.frobenius() == vector.frobenius_a.quintic)
            #expect(a.norm.value == vector.norm_a.value)
            #expect(a.legendre.value == vector.legendre_a.value)
            let root = try #require(a.squared.squareRoot)
            let expected = try vector.canonical_sqrt_of_square_a.quintic
            #expect(root == expected || root == -expected)
        }
    }

    @Test func `the permutation and its hashes`() throws {
        #expect(vectors.poseidon2_permutation.count == 6)
        for vector in vectors.poseidon2_permutation {
            let input = try vector.in.elements
            var state = Poseidon2.State(repeating: .zero)
            for lane in 0..<12 { state[lane] = input[lane] }
            Poseidon2.permute(&state)
            #expect(try (0..<12).map { state[$0] } == vector.out.elements)
        }
        #expect(vectors.poseidon2_hash.count == 9)
        for vector in vectors.poseidon2_hash {
            let input = try vector.in.elements
            #expect(try Poseidon2.quinticHash(input) == vector.hash_to_quintic_ext.quintic)
            #expect(try Poseidon2.hash(input) == vector.hash_no_pad_4.elements)
        }
    }

    @Test func `multiples of the generator`() throws {
        #expect(vectors.generator_scalar_mul.count == 13)
        for vector in vectors.generator_scalar_mul {
            let scalar = try vector.scalar_limbs.scalar
            #expect(Hexadecimal.text(scalar.bytes) == vector.scalar_le_hex)
            let point = CurvePoint.generator(times: scalar)
            #expect(try point.encoded == vector.encoded_w.quintic)
            #expect(point.encoded.description == vector.encoded_hex)
        }
    }

    @Test func `sums, doubles and decoding`() throws {
        #expect(vectors.point_add.count == 5)
        for vector in vectors.point_add {
            let p = try #require(try CurvePoint(vector.P_encoded.quintic))
            let q = try #require(try CurvePoint(vector.Q_encoded.quintic))
            #expect(try (p + q).encoded == vector.P_plus_Q.quintic)
            #expect(try (p + p).encoded == vector.twoP.quintic)
            #expect(try p.x == vector.P_decoded_x.quintic)
        }
        #expect(vectors.invalid_encodings.count == 5)
        for encoding in vectors.invalid_encodings {
            let element = try encoding.quintic
            #expect(CurvePoint(element) == nil)
            #expect(throws: KeyError.notOnCurve(scheme: "Lighter")) { try makePublicKey(element.bytes) }
        }
    }

    @Test func `the scalar field`() throws {
        #expect(vectors.scalar_field.count == 8)
        for vector in vectors.scalar_field {
            let (a, b) = try (vector.a.scalar, vector.b.scalar)
            #expect(try a + b == vector.add.scalar)
            #expect(try a - b == vector.sub.scalar)
            #expect(try a * b == vector.mul.scalar)
        }
        #expect(vectors.fp5_to_scalar.count == 6)
        for vector in vectors.fp5_to_scalar { #expect(try CurveScalar(vector.fp5.quintic) == vector.scalar.scalar) }
    }

    @Test func `keys derived by the official signer`() throws {
        #expect(vectors.keypairs.count == 6)
        for vector in vectors.keypairs {
            let key = try LighterSecretKey(hexadecimal: vector.private_key_hex)
            #expect(key.publicKey.description == vector.public_key_hex)
            #expect(try LighterPublicKey(hexadecimal: "0x" + vector.public_key_hex) == key.publicKey)
        }
    }

    @Test func `signatures with a given nonce`() throws {
        #expect(vectors.schnorr_fixed_k.count == 8)
        for vector in vectors.schnorr_fixed_k {
            let message = try vector.msg_hash.quintic
            let signature = try Schnorr.sign(message, secret: vector.sk.scalar, nonce: vector.k.scalar)
            #expect(signature.description == vector.signature_hex)
            let key = try LighterPublicKey(hexadecimal: vector.public_key_hex)
            #expect(key.accepts(signature, of: LighterDigest(message)))
        }
    }

    @Test func `signatures that must be refused`() throws {
        #expect(vectors.schnorr_reject.count == 4)
        for vector in vectors.schnorr_reject {
            let key = try LighterPublicKey(hexadecimal: vector.public_key_hex)
            let digest = try LighterDigest(vector.msg_hash.quintic)
            guard let signature = SchnorrSignature(hexadecimal: vector.signature_hex) else { continue }
            #expect(!key.accepts(signature, of: digest), "\(vector.why)")
        }
    }
}
