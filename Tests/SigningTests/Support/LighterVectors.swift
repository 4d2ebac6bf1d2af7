import Foundation
import Testing

@testable import Signing

/// The document `lighter.json`: limbs are decimal text, lowest first; hexadecimal is raw bytes.
struct LighterVectors: Decodable {
    struct Field: Decodable { var a, b, add, sub, mul, inv_a, pow7_a: Limb }
    struct Quintic: Decodable {
        var a, b, add, sub, mul, square_a, inv_a, frobenius_a: Element
        var norm_a, legendre_a: Limb
        var canonical_sqrt_of_square_a: Element
    }
    struct Permutation: Decodable { var `in`, out: Element }
    struct Hash: Decodable { var `in`, hash_to_quintic_ext, hash_no_pad_4: Element }
    struct GeneratorMultiple: Decodable {
        var scalar_le_hex: String
        var scalar_limbs, encoded_w: Element
        var encoded_hex: String
    }
    struct PointSum: Decodable {
        var P_encoded, Q_encoded, P_plus_Q: Element
        var twoP, P_decoded_x: Element

        enum CodingKeys: String, CodingKey { case P_encoded, Q_encoded, P_plus_Q, twoP = "2P", P_decoded_x }
    }
    struct Scalars: Decodable { var a, b, add, sub, mul: Element }
    struct ToScalar: Decodable { var fp5, scalar: Element }
    struct KeyPair: Decodable { var private_key_hex, public_key_hex: String }
    struct FixedNonce: Decodable {
        var sk, msg_hash, k: Element
        var signature_hex, public_key_hex: String
    }
    struct Rejected: Decodable {
        var public_key_hex, signature_hex, why: String
        var msg_hash: Element
    }
    struct Transaction: Decodable {
        var function: String
        var chain_id: UInt32
        var tx_type: UInt8
        var tx_info: String
        var hash_preimage_elements, inner_hash: Element
        var attribute_elements: Element?
        var tx_hash_hex, signature_hex, private_key_hex, public_key_hex: String
        var l1_message_to_sign: String?
    }
    struct AuthToken: Decodable {
        var deadline, account_index: Int64
        var api_key_index: UInt8
        var message, token, public_key_hex: String
        var message_elements, msg_hash: Element
    }
    struct L1Signature: Decodable { var eth_private_key, address, message, eip191_digest, L1Sig: String }

    var goldilocks: [Field]
    var gfp5: [Quintic]
    var poseidon2_permutation: [Permutation]
    var poseidon2_hash: [Hash]
    var generator_scalar_mul: [GeneratorMultiple]
    var point_add: [PointSum]
    var invalid_encodings: [Element]
    var scalar_field: [Scalars]
    var fp5_to_scalar: [ToScalar]
    var keypairs: [KeyPair]
    var schnorr_fixed_k: [FixedNonce]
    var schnorr_reject: [Rejected]
    var tx_signed: [Transaction]
    var auth_tokens: [AuthToken]
    var l1_signatures: [L1Signature]

    static func load() throws -> LighterVectors { try Vectors.load("lighter.json") }

    /// A number below 2⁶⁴ as text, or −1 for p − 1.
    struct Limb: Decodable {
        var value: UInt64

        init(from decoder: any Decoder) throws {
            let text = try decoder.singleValueContainer().decode(String.self)
            value = text == "-1" ? Goldilocks.modulus - 1 : try #require(UInt64(text))
        }

        var field: Goldilocks { get throws { try #require(Goldilocks(exactly: value)) } }
    }

    /// Limbs: a field element, a scalar, or the elements of a hash.
    struct Element: Decodable {
        var limbs: [Limb]

        init(from decoder: any Decoder) throws { limbs = try decoder.singleValueContainer().decode([Limb].self) }

        var elements: [Goldilocks] { get throws { try limbs.map { try $0.field } } }
        var quintic: QuinticElement { get throws { try QuinticElement(elements) } }
        var scalar: CurveScalar {
            get throws {
                let scalar = makeScalar(limbs.map(\.value))
                return try #require(scalar)
            }
        }
    }
}
