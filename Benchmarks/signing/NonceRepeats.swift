import Foundation
import Signing

/// Derives the nonces of many neighbouring messages with one key and looks for two that are equal.
enum NonceRepeats {
    static func run(count: Int) {
        guard let key = try? LighterSecretKey(hexadecimal: String(repeating: "5a", count: 39) + "00") else {
            preconditionFailure("fixed digits are a key")
        }
        var seen: Set<SHA256Digest> = []
        seen.reserveCapacity(count)
        var bytes = [UInt8](repeating: 0, count: QuinticElement.byteCount)
        for index in 0..<count {
            for byte in 0..<8 { bytes[byte] = UInt8(truncatingIfNeeded: index >> (8 * byte)) }
            guard let element = QuinticElement(bytes: bytes.span) else { preconditionFailure("small numbers are elements") }
            seen.insert(key.nonceFingerprint(for: LighterDigest(element)))
        }
        print("nonces: \(count) derived, \(count - seen.count) repeated")
        if seen.count != count || count == 0 { exit(1) }
    }
}
