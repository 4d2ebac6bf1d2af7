@testable import Signing

// Values from arrays: a span of a temporary inside a macro's expression is more than the compiler takes.

func makeElement(_ bytes: [UInt8]) -> QuinticElement? { QuinticElement(bytes: bytes.span) }

func makeSignature(_ bytes: [UInt8]) -> SchnorrSignature? { SchnorrSignature(bytes: bytes.span) }

func makeScalar(bytes: [UInt8]) -> CurveScalar? { CurveScalar(bytes: bytes.span) }

func makePublicKey(_ bytes: [UInt8]) throws(KeyError) -> LighterPublicKey { try LighterPublicKey(bytes.span) }

/// The scalar of five limbs, lowest first; nothing where they are the order or more.
func makeScalar(_ limbs: [UInt64]) -> CurveScalar? { makeScalar(bytes: limbs.flatMap { littleEndianBytes($0) }) }

func makeKey<Key: SecretKey & ~Copyable>(_: Key.Type, _ bytes: [UInt8]) throws(KeyError) -> Key { try Key(bytes.span) }

/// Ends a key at once: for the stories in which none is made.
func consume<Key: SecretKey & ~Copyable>(_ key: consuming Key) {}

func makeSecret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(bytes.span) }
