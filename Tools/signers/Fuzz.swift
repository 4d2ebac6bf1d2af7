/// What libFuzzer calls: every decoder of Sources/Signing, with which this file is compiled. The first byte chooses one.
///
/// A decoder may refuse anything; what it takes must be written back in the same form.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    let text = String(decoding: bytes, as: UTF8.self)
    switch choice % 10 {
    case 0: if let decoded = Base64.bytes(text) { precondition(Base64.text(decoded) == text) }
    case 1: if let decoded = Hexadecimal.bytes(text) { precondition(text.lowercased().hasSuffix(Hexadecimal.text(decoded))) }
    case 2: if let signature = SchnorrSignature(bytes: bytes.span) { precondition(signature.bytes == bytes) }
    case 3: if let key = try? LighterPublicKey(bytes.span) { precondition(key.bytes == bytes) }
    case 4: if let token = LighterAuthToken(text) { precondition(token.description == text) }
    case 5:
        let type = LighterAction.types[Int(bytes.first ?? 0) % LighterAction.types.count]
        let info = String(decoding: bytes.dropFirst(), as: UTF8.self)
        if let signed = try? SignedLighterTransaction(info: info, type: type, chain: 304) {
            let again = try? SignedLighterTransaction(info: signed.info, type: type, chain: 304)
            precondition(again == signed && !signed.hash.isEmpty)
        }
    case 6:
        if let signature = RecoverableSignature(hexadecimal: text) {
            precondition(text.lowercased().hasSuffix(signature.description.dropFirst(2)))
            _ = signature.signer(of: keccak256(bytes))
        }
    case 7: if let address = EthereumAddress(text) { precondition(EthereumAddress(address.checksummed) == address) }
    case 8: _ = GRVTScale.integer(text, decimals: Int(bytes.first ?? 0) % 19)
    default:
        if bytes.count >= 96, let key = try? Ed25519PublicKey(bytes.span.extracting(first: 32)) {
            if let signature = Ed25519Signature(base64: Base64.text(Array(bytes[32..<96]))) {
                _ = key.accepts(signature, of: Array(bytes[96...]))
            }
        }
    }
    return 0
}
