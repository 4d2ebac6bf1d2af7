import Signing

/// Signs the same digest with many keys. A profiler that counts the instructions of `signOnce` and `deriveOnce` finds them equal for all
/// keys, or has found something that depends on a secret.
enum SecretDependence {
    static func run(keys: Int) {
        var state: UInt64 = 1
        var checksum = 0
        for index in 0..<keys {
            let key = deriveOnce(bytes(index, &state))
            checksum += signOnce(key, digest: .init(key.publicKey.encoded))
        }
        print("\(keys) keys, checksum \(checksum)")
    }

    @inline(never)
    private static func signOnce(_ key: borrowing LighterSecretKey, digest: LighterDigest) -> Int {
        key.sign(digest).hashed
    }

    @inline(never)
    private static func deriveOnce(_ bytes: [UInt8]) -> LighterSecretKey {
        do { return try LighterSecretKey(bytes.span) } catch { preconditionFailure("39 bytes are below the order") }
    }

    /// Random bytes; the first keys are those whose bits are all alike.
    private static func bytes(_ index: Int, _ state: inout UInt64) -> [UInt8] {
        switch index {
        case 0: return [1] + [UInt8](repeating: 0, count: 39)
        case 1: return [UInt8](repeating: 0xff, count: 39) + [0]
        case 2: return [UInt8](repeating: 0, count: 38) + [0x80, 0]
        default:
            return (0..<39).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            } + [0]
        }
    }
}

extension SchnorrSignature {
    fileprivate var hashed: Int { Int(bytes[0]) }
}
