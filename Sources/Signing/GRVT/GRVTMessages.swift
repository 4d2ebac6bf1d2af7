/// Moves a currency between accounts. Sub-account 0 is the funding account.
public struct GRVTTransfer: TypedData, Hashable {
    public var from: EthereumAddress
    public var fromSubAccount: UInt64
    public var to: EthereumAddress
    public var toSubAccount: UInt64
    /// The venue's number of the currency: 3 for USDT.
    public var currency: UInt8
    /// Amount × 10^decimals of the currency.
    public var amount: UInt64
    public var nonce: UInt32
    public var expiration: Int64

    public init(
        from: EthereumAddress, fromSubAccount: UInt64, to: EthereumAddress, toSubAccount: UInt64, currency: UInt8, amount: UInt64,
        nonce: UInt32, expiration: Int64
    ) {
        (self.from, self.fromSubAccount, self.to, self.toSubAccount) = (from, fromSubAccount, to, toSubAccount)
        (self.currency, self.amount, self.nonce, self.expiration) = (currency, amount, nonce, expiration)
    }

    public static var encodedType: String {
        "Transfer(address fromAccount,uint64 fromSubAccount,address toAccount,uint64 toSubAccount,uint8 tokenCurrency,"
            + "uint64 numTokens,uint32 nonce,int64 expiration)"
    }

    public func encode(into words: inout TypedDataWords) {
        words.append(from)
        words.append(fromSubAccount)
        words.append(to)
        words.append(toSubAccount)
        words.append(UInt64(currency))
        words.append(amount)
        words.append(UInt64(nonce))
        words.append(expiration)
    }
}

/// Takes a currency off the venue.
public struct GRVTWithdrawal: TypedData, Hashable {
    public var from: EthereumAddress
    public var to: EthereumAddress
    public var currency: UInt8
    public var amount: UInt64
    public var nonce: UInt32
    public var expiration: Int64

    public init(from: EthereumAddress, to: EthereumAddress, currency: UInt8, amount: UInt64, nonce: UInt32, expiration: Int64) {
        (self.from, self.to, self.currency) = (from, to, currency)
        (self.amount, self.nonce, self.expiration) = (amount, nonce, expiration)
    }

    public static var encodedType: String {
        "Withdrawal(address fromAccount,address toEthAddress,uint8 tokenCurrency,uint64 numTokens,uint32 nonce,int64 expiration)"
    }

    public func encode(into words: inout TypedDataWords) {
        words.append(from)
        words.append(to)
        words.append(UInt64(currency))
        words.append(amount)
        words.append(UInt64(nonce))
        words.append(expiration)
    }
}

/// Sets the margin at which the venue begins to reduce positions.
public struct GRVTDeriskRatio: TypedData, Hashable {
    public var subAccount: UInt64
    /// Ratio to the maintenance margin × 10⁶.
    public var ratio: UInt32
    public var nonce: UInt32
    public var expiration: Int64

    public init(subAccount: UInt64, ratio: UInt32, nonce: UInt32, expiration: Int64) {
        (self.subAccount, self.ratio, self.nonce, self.expiration) = (subAccount, ratio, nonce, expiration)
    }

    public static var encodedType: String {
        "SetDeriskToMaintenanceMarginRatio(uint64 subAccountID,uint32 deriskToMaintenanceMarginRatio,uint32 nonce,int64 expiration)"
    }

    public func encode(into words: inout TypedDataWords) {
        words.append(subAccount)
        words.append(UInt64(ratio))
        words.append(UInt64(nonce))
        words.append(expiration)
    }
}

/// Logs a wallet in; valid for five minutes at most, once.
public struct GRVTWalletLogin: TypedData, Hashable {
    public var signer: EthereumAddress
    public var nonce: UInt32
    public var expiration: Int64

    public init(signer: EthereumAddress, nonce: UInt32, expiration: Int64) {
        (self.signer, self.nonce, self.expiration) = (signer, nonce, expiration)
    }

    public static var encodedType: String { "WalletLogin(address signer,uint32 nonce,int64 expiration)" }

    public func encode(into words: inout TypedDataWords) {
        words.append(signer)
        words.append(UInt64(nonce))
        words.append(expiration)
    }
}

/// The largest fees that a builder may take, in percent × 10⁴.
public struct GRVTBuilderLimits: Hashable, Sendable {
    public var builder: EthereumAddress
    public var futureFee: UInt32
    public var spotFee: UInt32

    public init(builder: EthereumAddress, futureFee: UInt32, spotFee: UInt32) {
        (self.builder, self.futureFee, self.spotFee) = (builder, futureFee, spotFee)
    }

    fileprivate func encode(into words: inout TypedDataWords) {
        words.append(builder)
        words.append(UInt64(futureFee))
        words.append(UInt64(spotFee))
    }
}

/// Lets a builder take fees from an account.
public struct GRVTAuthorizeBuilder: TypedData, Hashable {
    public var account: EthereumAddress
    public var limits: GRVTBuilderLimits
    public var nonce: UInt32
    public var expiration: Int64

    public init(account: EthereumAddress, limits: GRVTBuilderLimits, nonce: UInt32, expiration: Int64) {
        (self.account, self.limits, self.nonce, self.expiration) = (account, limits, nonce, expiration)
    }

    public static var encodedType: String {
        "AuthorizeBuilder(address mainAccountID,address builderAccountID,uint32 maxFutureFeeRate,uint32 maxSpotFeeRate,"
            + "uint32 nonce,int64 expiration)"
    }

    public func encode(into words: inout TypedDataWords) {
        words.append(account)
        limits.encode(into: &words)
        words.append(UInt64(nonce))
        words.append(expiration)
    }
}

/// Adds a signer to an account for a builder's client.
public struct GRVTAddSignerWithBuilder: TypedData, Hashable {
    public var account: EthereumAddress
    public var signer: EthereumAddress
    public var permissions: String
    public var limits: GRVTBuilderLimits
    public var nonce: UInt32
    public var expiration: Int64

    public init(
        account: EthereumAddress, signer: EthereumAddress, permissions: String, limits: GRVTBuilderLimits, nonce: UInt32,
        expiration: Int64
    ) {
        (self.account, self.signer, self.permissions) = (account, signer, permissions)
        (self.limits, self.nonce, self.expiration) = (limits, nonce, expiration)
    }

    public static var encodedType: String {
        "AddAccountSignerWithBuilder(address accountID,address signer,string permissions,address builderAccountID,"
            + "uint32 maxFutureFeeRate,uint32 maxSpotFeeRate,uint32 nonce,int64 expiration)"
    }

    public func encode(into words: inout TypedDataWords) {
        words.append(account)
        words.append(signer)
        words.append(permissions)
        limits.encode(into: &words)
        words.append(UInt64(nonce))
        words.append(expiration)
    }
}
