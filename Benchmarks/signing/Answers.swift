import Foundation
import Signing

/// Answers questions of words and hexadecimal digits, so that signers in another language can be compared with this one.
enum Answers {
    static func run() {
        while let line = readLine() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            FileHandle.standardOutput.write(Data((answer(words) ?? "malformed").utf8 + [10]))  // At once: the asker waits.
        }
    }

    private static func answer(_ words: [String]) -> String? {
        switch words.first {
        case "ed25519": ed25519(words)
        case "ed25519-verify": ed25519Verify(words)
        case "backpack": backpack(words)
        case "grvt": grvt(words)
        case "eip191": eip191(words)
        case "recover": recover(words)
        case "lighter-key": lighterKey(words)
        case "lighter-verify": lighterVerify(words)
        case "lighter-sign": lighterSign(words)
        case "lighter-token": lighterToken(words)
        case "lighter-token-verify": lighterTokenVerify(words)
        default: nil
        }
    }

    /// seed, message → public key, signature
    private static func ed25519(_ words: [String]) -> String? {
        guard words.count == 3, let key = try? Ed25519SecretKey(hexadecimal: words[1]), let message = Hexadecimal.bytes(words[2])
        else { return nil }
        return "\(key.publicKey.base64) \(key.sign(message).base64)"
    }

    /// public key, message, signature → true or false
    private static func ed25519Verify(_ words: [String]) -> String? {
        guard words.count == 4, let key = try? Ed25519PublicKey(base64: words[1]), let message = Hexadecimal.bytes(words[2]),
            let signature = Ed25519Signature(base64: words[3])
        else { return nil }
        return "\(key.accepts(signature, of: message))"
    }

    /// secret, instruction, timestamp, window, name=value … → signature
    private static func backpack(_ words: [String]) -> String? {
        guard words.count >= 5, let key = try? Ed25519SecretKey(base64: words[1]),
            let instruction = BackpackInstruction(rawValue: words[2]), let timestamp = Int64(words[3]), let window = Int64(words[4]),
            let valid = BackpackWindow(timestamp: timestamp, window: window)
        else { return nil }
        var parameters: BackpackParameters = [:]
        for word in words[5...] {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            parameters[parts[0]] = .text(parts[1])
        }
        return key.sign(BackpackSigningString(instruction, parameters, valid: valid)).base64
    }

    /// key, chain, sub-account, market?, time in force, post-only?, reduce-only?, nonce, expiration, then per leg: asset, size, decimals,
    /// price, buying? → digest, r, s, v
    private static func grvt(_ words: [String]) -> String? {
        guard words.count >= 15, words.count % 5 == 0, let key = try? EthereumSecretKey(hexadecimal: words[1]),
            let chain = UInt64(words[2]), let subAccount = UInt64(words[3]),
            let timeInForce = UInt8(words[5]).flatMap(GRVTOrder.TimeInForce.init), let nonce = UInt32(words[8]),
            let expiration = Int64(words[9])
        else { return nil }
        var legs: [GRVTOrderLeg] = []
        for start in stride(from: 10, to: words.count, by: 5) {
            guard let asset = UInt256(hexadecimal: words[start]), let decimals = Int(words[start + 2]),
                let size = GRVTScale.integer(words[start + 1], decimals: decimals),
                let price = GRVTScale.integer(words[start + 3], decimals: GRVTScale.priceDecimals)
            else { return nil }
            legs.append(GRVTOrderLeg(asset: asset, size: size, limitPrice: price, isBuying: words[start + 4] == "1"))
        }
        let order = GRVTOrder(
            subAccount: subAccount, isMarket: words[4] == "1", timeInForce: timeInForce, isPostOnly: words[6] == "1",
            isReduceOnly: words[7] == "1", legs: legs, nonce: nonce, expiration: expiration)
        let digest = GRVTDomain(chain: chain).digest(order)
        let signature = key.sign(digest)
        return "\(digest) \(signature.rText) \(signature.sText) \(signature.v) \(key.publicKey.checksummed)"
    }

    /// key, message → signature
    private static func eip191(_ words: [String]) -> String? {
        guard words.count == 3, let key = try? EthereumSecretKey(hexadecimal: words[1]), let message = Hexadecimal.bytes(words[2])
        else { return nil }
        return key.sign(personalMessage: String(decoding: message, as: UTF8.self)).description
    }

    /// digest, signature → address
    private static func recover(_ words: [String]) -> String? {
        guard words.count == 3, let digest = Hexadecimal.bytes(words[1]), digest.count == 32,
            let signature = RecoverableSignature(hexadecimal: words[2])
        else { return nil }
        return signature.signer(of: Keccak256Digest(bytes: digest))?.checksummed ?? "none"
    }

    /// secret key → public key
    private static func lighterKey(_ words: [String]) -> String? {
        guard words.count == 2, let key = try? LighterSecretKey(hexadecimal: words[1]) else { return nil }
        return key.publicKey.description
    }

    /// public key, kind, chain, JSON → true or false, hash, L1 message in hexadecimal or -, JSON written again
    private static func lighterVerify(_ words: [String]) -> String? {
        guard words.count == 5, let key = try? LighterPublicKey(hexadecimal: words[1]), let signed = transaction(words) else { return nil }
        let message = signed.transaction.l1Message.map { Hexadecimal.text(Array($0.utf8)) } ?? "-"
        return "\(signed.isSigned(by: key)) \(signed.hash) \(message) \(signed.info)"
    }

    /// secret key, kind, chain, JSON → JSON of the same transaction with a signature of ours
    private static func lighterSign(_ words: [String]) -> String? {
        guard words.count == 5, let key = try? LighterSecretKey(hexadecimal: words[1]), let signed = transaction(words) else { return nil }
        return key.sign(signed.transaction).info
    }

    private static func transaction(_ words: [String]) -> SignedLighterTransaction? {
        guard let type = UInt8(words[2]), let chain = UInt32(words[3]) else { return nil }
        return try? SignedLighterTransaction(info: words[4], type: type, chain: chain)
    }

    /// secret key, deadline, account, API key → token
    private static func lighterToken(_ words: [String]) -> String? {
        guard words.count == 5, let key = try? LighterSecretKey(hexadecimal: words[1]), let deadline = Int64(words[2]),
            let account = Int64(words[3]), let apiKey = UInt8(words[4])
        else { return nil }
        return key.authToken(deadline: deadline, account: account, apiKey: apiKey).description
    }

    /// public key, token → true or false
    private static func lighterTokenVerify(_ words: [String]) -> String? {
        guard words.count == 3, let key = try? LighterPublicKey(hexadecimal: words[1]), let token = LighterAuthToken(words[2])
        else { return nil }
        return "\(token.isSigned(by: key))"
    }
}
