import Signing
import Testing

@Suite struct GRVTTests {
    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `type strings and domains`() throws {
        let vectors = try GRVTVectors.load()
        let types: [String: any TypedData.Type] = [
            "EIP712Domain": GRVTDomain.self, "OrderLeg": GRVTOrderLeg.self, "Order": GRVTOrder.self,
            "OrderWithBuilderFee": GRVTOrderWithBuilderFee.self, "Transfer": GRVTTransfer.self, "Withdrawal": GRVTWithdrawal.self,
            "SetDeriskToMaintenanceMarginRatio": GRVTDeriskRatio.self, "WalletLogin": GRVTWalletLogin.self,
            "AuthorizeBuilder": GRVTAuthorizeBuilder.self,
        ]
        #expect(Set(types.keys) == Set(vectors.typeStrings.keys))
        for (name, vector) in vectors.typeStrings {
            let type = try #require(types[name])
            #expect(type.encodedType == vector.encodeType)
            #expect(keccak256(type.encodedType).description == vector.typeHash)
        }
        for (chain, separator) in vectors.domain.separators {
            let domain = GRVTDomain(chain: try #require(UInt64(chain)))
            #expect(domain.separator.description == separator)
            #expect(EIP712.structHash(domain) == domain.separator)
        }
        #expect(vectors.domain.separators.count == 4)
    }

    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `every signed message, at every level`() throws {
        let vectors = try GRVTVectors.load()
        #expect(vectors.orders.count == 18 && vectors.other.count == 8)
        for vector in vectors.orders + vectors.other {
            let message = try vector.message.typed(vector.primaryType)
            let domain = GRVTDomain(chain: vector.chainId)
            #expect(domain.separator.description == vector.domainSeparator, "\(vector.name)")
            #expect(keccak256(type(of: message).encodedType).description == vector.typeHash, "\(vector.name)")
            #expect(EIP712.structHash(message).description == vector.structHash, "\(vector.name)")
            #expect(domain.digest(message).description == vector.digest, "\(vector.name)")
            if let hashes = vector.legHashes {
                #expect(try vector.message.order.legs.map { EIP712.structHash($0).description } == hashes)
            }
            let key = try EthereumSecretKey(hexadecimal: vector.privateKey)
            #expect(key.publicKey.checksummed == vector.signer)
            let signature = key.sign(message, for: domain)
            #expect([signature.rText, signature.sText] == [vector.r, vector.s], "\(vector.name)")
            #expect(signature.v == vector.v, "\(vector.name)")
            #expect(signature.signer(of: domain.digest(message)) == key.publicKey)
        }
    }

    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `decimal text becomes the integers that were signed`() throws {
        let vectors = try GRVTVectors.load()
        var legs = 0
        for vector in vectors.orders {
            guard let body = vector.create_order_body else { continue }
            for (text, leg) in zip(body.order.legs, try vector.message.order.legs) {
                let instrument = try #require(vectors.instruments[text.instrument])
                #expect(UInt256(hexadecimal: instrument.instrument_hash) == leg.asset)
                #expect(GRVTScale.integer(text.size, decimals: instrument.base_decimals) == leg.size, "\(vector.name)")
                let price = vector.message.isMarket == true ? 0 : GRVTScale.integer(text.limit_price ?? "0", decimals: 9)
                #expect(price == leg.limitPrice, "\(vector.name)")
                legs += 1
            }
        }
        #expect(legs == 18)
    }

    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `orders of production recover their signers`() throws {
        let vectors = try GRVTVectors.load().productionOrdersVerifyOnly.orders
        #expect(vectors.count == 3)
        for vector in vectors {
            let digest = GRVTDomain(chain: vector.chainId).digest(try vector.message.order)
            #expect(digest.description == vector.digest)
            let r = try #require(Hexadecimal.bytes(vector.r))
            let s = try #require(Hexadecimal.bytes(vector.s))
            let signature = try #require(RecoverableSignature(r: r, s: s, v: vector.v))
            #expect(signature.signer(of: digest)?.description == vector.recoveredSigner)
        }
    }

    @Test func `a text member is signed by its hash`() throws {
        let account = try #require(EthereumAddress("0xc73c0c2538fd9b833d20933ccc88fdaa74fcb0d0"))
        let limits = GRVTBuilderLimits(builder: account, futureFee: 100, spotFee: 7)
        func message(_ permissions: String) -> GRVTAddSignerWithBuilder {
            GRVTAddSignerWithBuilder(account: account, signer: .zero, permissions: permissions, limits: limits, nonce: 1, expiration: -1)
        }
        let padded = [UInt8](repeating: 0, count: 12)
        let words: [[UInt8]] = [
            keccak256(GRVTAddSignerWithBuilder.encodedType).bytes, padded + account.bytes, padded + EthereumAddress.zero.bytes,
            keccak256("2").bytes, padded + account.bytes, UInt256(100).bytes, UInt256(7).bytes, UInt256(1).bytes,
            [UInt8](repeating: 0xff, count: 32),
        ]
        #expect(EIP712.structHash(message("2")) == keccak256(words.flatMap { $0 }))
        #expect(EIP712.structHash(message("2")) != EIP712.structHash(message("3")))
    }

    @Test(arguments: [
        ("1.013", 9, 1_013_000_000 as UInt64?), ("68900.5", 9, 68_900_500_000_000), ("0", 9, 0), ("0.0000000019", 9, 1), ("5", 0, 5),
        ("18446744073.709551615", 9, UInt64.max), ("18446744073.709551616", 9, nil), ("99999999999999999999999", 0, nil), ("", 9, nil),
        (".", 9, nil), ("1.", 9, nil), (".5", 9, nil), ("-1", 9, nil), ("+1", 9, nil), ("1e3", 9, nil), ("1.2.3", 9, nil), (" 1", 9, nil),
        ("١", 9, nil),
    ])
    func `decimal text is exact, truncated or refused`(text: String, decimals: Int, expected: UInt64?) {
        #expect(GRVTScale.integer(text, decimals: decimals) == expected)
    }
}
