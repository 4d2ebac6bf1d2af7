extension SignedLighterTransaction {
    /// The transaction as the JSON that the venue takes as `tx_info`, byte for byte as its own signer writes it.
    public var info: String {
        var writer = FieldWriter()
        var (account, apiKey) = (transaction.account, transaction.apiKey)
        var (expiry, nonce) = (transaction.expiry, transaction.nonce)
        let l1Text = l1Signature?.description ?? ""
        writer.number(transaction.action.accountName, &account)
        writer.number("ApiKeyIndex", &apiKey)
        transaction.action.show(to: &writer)
        if transaction.action.l1SignaturePlace == .beforeExpiry { writer.text("L1Sig", l1Text) }
        writer.number("ExpiredAt", &expiry)
        writer.number("Nonce", &nonce)
        writer.text("Sig", signature.base64)
        if transaction.action.l1SignaturePlace == .afterSignature { writer.text("L1Sig", l1Text) }
        let attributes = transaction.attributes.pairs.map { "\"\($0.type)\":\($0.value)" }
        writer.raw("L2TxAttributes", attributes.isEmpty ? "null" : "{\(attributes.joined(separator: ","))}")
        return writer.finished
    }
}

extension LighterTransaction {
    /// The text that the account's Ethereum key signs for what the venue's contract must be able to check; nothing for other kinds.
    public var l1Message: String? {
        let last = "Only sign this message for a trusted client!"
        switch action {
        case .changeKey(let change):
            return """
                Register Lighter Account

                pubkey: 0x\(change.key)
                nonce: \(padded(nonce))
                account index: \(padded(account))
                api key index: \(padded(Int64(apiKey)))
                \(last)
                """
        case .transfer(let transfer):
            return """
                Transfer

                nonce: \(padded(nonce))
                from: \(padded(account)) (route \(padded(Int64(transfer.fromRoute.rawValue))))
                api key: \(padded(Int64(apiKey)))
                to: \(padded(transfer.to)) (route \(padded(Int64(transfer.toRoute.rawValue))))
                asset: \(padded(Int64(transfer.asset)))
                amount: \(padded(transfer.amount))
                fee: \(padded(transfer.fee))
                chainId: \(padded(Int64(chain)))
                memo: \(Hexadecimal.text(transfer.memo))
                \(last)
                """
        case .approveIntegrator(let approval):
            return """
                Approve Integrator

                nonce: \(padded(nonce))
                account index: \(padded(account))
                api key index: \(padded(Int64(apiKey)))
                integrator account index: \(padded(approval.account))
                max perps taker fee: \(padded(Int64(approval.perpsTakerFee)))
                max perps maker fee: \(padded(Int64(approval.perpsMakerFee)))
                max spot taker fee: \(padded(Int64(approval.spotTakerFee)))
                max spot maker fee: \(padded(Int64(approval.spotMakerFee)))
                approval expiry: \(padded(approval.expiry))
                chainId: \(padded(Int64(chain)))
                \(last)
                """
        default: return nil
        }
    }

    /// Sixteen digits after `0x`.
    private func padded(_ number: Int64) -> String {
        "0x" + Hexadecimal.text(littleEndianBytes(UInt64(bitPattern: number)).reversed())
    }
}

/// Writes fields as compact JSON.
private struct FieldWriter: LighterFieldVisitor {
    private var body = ""

    var finished: String { "{\(body)}" }

    mutating func raw(_ name: StaticString, _ json: String) {
        if !body.isEmpty { body += "," }
        body += "\"\(name)\":\(json)"
    }

    /// Base64, hexadecimal or nothing: no character needs an escape.
    mutating func text(_ name: StaticString, _ text: String) { raw(name, "\"\(text)\"") }

    mutating func number<Number: FixedWidthInteger>(_ name: StaticString, _ value: inout Number) { raw(name, String(value)) }

    mutating func amount(_ name: StaticString, _ value: inout Int64) { raw(name, String(value)) }

    mutating func publicKey(_ name: StaticString, _ value: inout LighterPublicKey) { text(name, Base64.text(value.bytes)) }

    mutating func memo(_ name: StaticString, _ value: inout [UInt8]) {
        precondition(value.count == 32, "a memo has 32 bytes, not \(value.count)")
        raw(name, "[\(value.map { String($0) }.joined(separator: ","))]")
    }

    mutating func orders(_ name: StaticString, _ value: inout [LighterOrder]) {
        let orders = value.map { order in
            var order = order
            var writer = FieldWriter()
            order.visit(&writer)
            return writer.finished
        }
        raw(name, "[\(orders.joined(separator: ","))]")
    }

    mutating func refuse(_ name: StaticString) { preconditionFailure("\(name) holds a value of its own type") }
}
