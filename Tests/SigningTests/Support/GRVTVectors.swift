import Signing
import Testing

/// The document `grvt.json`.
struct GRVTVectors: Decodable {
    struct Hash: Decodable { var inputHex, hash: String }
    struct TypeString: Decodable { var encodeType, typeHash: String }
    struct Key: Decodable { var derivation, privateKey, publicKeyUncompressedNoPrefix, addressChecksummed, addressLower: String }
    struct Domain: Decodable { var separators: [String: String] }
    struct Signature: Decodable {
        var hash, r, s: String
        var v: UInt8
    }
    struct Curve: Decodable {
        var n, halfN: String
        var rfc6979: [Signature]
    }
    struct Leg: Decodable {
        var assetID: String
        var contractSize, limitPrice: Number
        var isBuyingContract: Bool
    }
    struct Message: Decodable {
        var subAccountID: Number?
        var isMarket, postOnly, reduceOnly: Bool?
        var timeInForce: UInt8?
        var legs: [Leg]?
        var nonce: UInt32
        var expiration: Number
        var builder: String?
        var builderFee: UInt32?
        var fromAccount, toAccount, toEthAddress, signer, mainAccountID, builderAccountID: String?
        var fromSubAccount, toSubAccount: Number?
        var tokenCurrency: UInt8?
        var numTokens: Number?
        var deriskToMaintenanceMarginRatio, maxFutureFeeRate, maxSpotFeeRate: UInt32?
    }
    struct BodyLeg: Decodable {
        var instrument, size: String
        var limit_price: String?
    }
    struct BodyOrder: Decodable { var legs: [BodyLeg] }
    struct Body: Decodable { var order: BodyOrder }
    struct Signed: Decodable {
        var name, primaryType, privateKey, signer, typeHash, structHash, domainSeparator, digest, r, s: String
        var chainId: UInt64
        var message: Message
        var v: UInt8
        var legHashes: [String]?
        var create_order_body: Body?
    }
    struct Production: Decodable {
        var chainId: UInt64
        var message: Message
        var digest, r, s, recoveredSigner: String
        var v: UInt8
    }
    struct ProductionOrders: Decodable { var orders: [Production] }
    struct Instrument: Decodable {
        var instrument_hash: String
        var base_decimals: Int
    }

    var instruments: [String: Instrument]
    var key: Key
    var keccak256: [Hash]
    var typeStrings: [String: TypeString]
    var domain: Domain
    var secp256k1: Curve
    var orders, other: [Signed]
    var productionOrdersVerifyOnly: ProductionOrders

    static func load() throws -> GRVTVectors { try Vectors.load("grvt.json") }

    /// A number that the document writes as a number or as text.
    struct Number: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(UInt64.self) {
                text = String(number)
            } else {
                text = try container.decode(String.self)
            }
        }

        var unsigned: UInt64 { get throws { try #require(UInt64(text)) } }
        var signed: Int64 { get throws { try #require(Int64(text)) } }
    }
}

extension GRVTVectors.Message {
    var order: GRVTOrder {
        get throws {
            GRVTOrder(
                subAccount: try #require(subAccountID).unsigned, isMarket: isMarket ?? false,
                timeInForce: try #require(GRVTOrder.TimeInForce(rawValue: timeInForce ?? 0)), isPostOnly: postOnly ?? false,
                isReduceOnly: reduceOnly ?? false, legs: try #require(legs).map { try $0.leg }, nonce: nonce,
                expiration: try expiration.signed)
        }
    }

    /// The message as the type that `name` says.
    func typed(_ name: String) throws -> any TypedData {
        let expiration = try expiration.signed
        func address(_ text: String?) throws -> EthereumAddress { try #require(text.flatMap { EthereumAddress($0) }) }
        switch name {
        case "Order": return try order
        case "OrderWithBuilderFee":
            return GRVTOrderWithBuilderFee(try order, builder: try address(builder), fee: try #require(builderFee))
        case "Transfer":
            return GRVTTransfer(
                from: try address(fromAccount), fromSubAccount: try #require(fromSubAccount).unsigned, to: try address(toAccount),
                toSubAccount: try #require(toSubAccount).unsigned, currency: try #require(tokenCurrency),
                amount: try #require(numTokens).unsigned, nonce: nonce, expiration: expiration)
        case "Withdrawal":
            return GRVTWithdrawal(
                from: try address(fromAccount), to: try address(toEthAddress), currency: try #require(tokenCurrency),
                amount: try #require(numTokens).unsigned, nonce: nonce, expiration: expiration)
        case "SetDeriskToMaintenanceMarginRatio":
            return GRVTDeriskRatio(
                subAccount: try #require(subAccountID).unsigned, ratio: try #require(deriskToMaintenanceMarginRatio), nonce: nonce,
                expiration: expiration)
        case "WalletLogin": return GRVTWalletLogin(signer: try address(signer), nonce: nonce, expiration: expiration)
        case "AuthorizeBuilder":
            let limits = GRVTBuilderLimits(
                builder: try address(builderAccountID), futureFee: try #require(maxFutureFeeRate),
                spotFee: try #require(maxSpotFeeRate))
            return GRVTAuthorizeBuilder(account: try address(mainAccountID), limits: limits, nonce: nonce, expiration: expiration)
        default: throw UnknownType(name: name)
        }
    }

    struct UnknownType: Error { var name: String }
}

extension GRVTVectors.Leg {
    var leg: GRVTOrderLeg {
        get throws {
            GRVTOrderLeg(
                asset: try #require(UInt256(hexadecimal: assetID)), size: try contractSize.unsigned,
                limitPrice: try limitPrice.unsigned, isBuying: isBuyingContract)
        }
    }
}
