/// Thirty-two bytes of Keccak-256, the hash of Ethereum: Keccak before its padding became SHA-3's.
public struct Keccak256Digest: Hashable, Sendable, CustomStringConvertible {
    public static let byteCount = 32

    public let bytes: [UInt8]

    /// - Precondition: 32 bytes.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "a Keccak-256 digest has 32 bytes")
        self.bytes = bytes
    }

    /// `0x` and sixty-four lower-case digits.
    public var description: String { "0x" + Hexadecimal.text(bytes) }
}

/// Keccak-256 of `bytes`.
public func keccak256(_ bytes: Span<UInt8>) -> Keccak256Digest {
    var state = KeccakState()
    var position = 0
    for index in bytes.indices {
        state.absorb(bytes[index], at: position)
        position += 1
        if position == KeccakState.rate {
            state.permute()
            position = 0
        }
    }
    state.absorb(0x01, at: position)
    state.absorb(0x80, at: KeccakState.rate - 1)
    state.permute()
    return Keccak256Digest(bytes: state.first(32))
}

public func keccak256(_ bytes: [UInt8]) -> Keccak256Digest { keccak256(bytes.span) }

/// Keccak-256 of the UTF-8 of `text`.
public func keccak256(_ text: String) -> Keccak256Digest { keccak256(Array(text.utf8).span) }

/// Five by five lanes of 64 bits, lane (x, y) at x + 5y, and the permutation Keccak-f[1600].
private struct KeccakState {
    /// Bytes a block of Keccak-256 takes: 200 less twice the digest's.
    static let rate = 136

    private var lanes = InlineArray<25, UInt64>(repeating: 0)

    mutating func absorb(_ byte: UInt8, at position: Int) {
        lanes[position >> 3] ^= UInt64(byte) << (UInt64(position & 7) * 8)
    }

    func first(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: lanes[$0 >> 3] >> (UInt64($0 & 7) * 8)) }
    }

    mutating func permute() {
        for constant in Self.roundConstants {
            // θ: each lane takes the parities of two columns.
            var parity = InlineArray<5, UInt64>(repeating: 0)
            for x in 0..<5 { parity[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] }
            for x in 0..<5 {
                let change = parity[(x + 4) % 5] ^ rotated(parity[(x + 1) % 5], by: 1)
                for y in 0..<5 { lanes[x + 5 * y] ^= change }
            }
            // ρ and π: lanes turn and move along one cycle of twenty-four.
            var moving = lanes[1]
            for step in 0..<24 {
                let target = Self.targets[step]
                let next = lanes[target]
                lanes[target] = rotated(moving, by: Self.rotations[step])
                moving = next
            }
            // χ: the only step that is not linear; ι breaks the symmetry.
            for row in 0..<5 {
                let start = row * 5
                let (a, b, c, d, e) = (lanes[start], lanes[start + 1], lanes[start + 2], lanes[start + 3], lanes[start + 4])
                lanes[start] = a ^ (~b & c)
                lanes[start + 1] = b ^ (~c & d)
                lanes[start + 2] = c ^ (~d & e)
                lanes[start + 3] = d ^ (~e & a)
                lanes[start + 4] = e ^ (~a & b)
            }
            lanes[0] ^= constant
        }
    }

    /// (x, y) goes to (y, 2x + 3y), from (1, 0) on; the t-th step turns by the triangular number t(t+1)/2.
    private static let targets: [Int] = {
        var (x, y) = (1, 0)
        return (0..<24).map { _ in
            (x, y) = (y, (2 * x + 3 * y) % 5)
            return x + 5 * y
        }
    }()

    private static let rotations: [UInt64] = (1...24).map { UInt64($0 * ($0 + 1) / 2 % 64) }

    /// Bits of a shift register with the polynomial x⁸ + x⁶ + x⁵ + x⁴ + 1, seven a round, at the places 2ʲ − 1.
    private static let roundConstants: [UInt64] = {
        var register: UInt8 = 1
        return (0..<24).map { _ in
            var constant: UInt64 = 0
            for exponent in 0..<7 {
                if register & 1 == 1 { constant |= 1 << ((1 << UInt64(exponent)) - 1) }
                register = register << 1 ^ (register >> 7 == 1 ? 0x71 : 0)
            }
            return constant
        }
    }()

    @inline(__always)
    private func rotated(_ lane: UInt64, by count: UInt64) -> UInt64 { lane << count | lane >> (64 - count) }
}
