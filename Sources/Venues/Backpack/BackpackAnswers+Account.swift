internal import Market

/// What the account endpoints tell beside holdings.
extension BackpackAnswers {
    struct AccountTerms: Hashable, Sendable {
        var fees = AccountFacts.Fees(contractMaker: .zero, contractTaker: .zero, spotMaker: .zero, spotTaker: .zero)
        /// In 10⁻⁹.
        var leverageLimit: Int64?
        var isLiquidating = false
    }

    static func account(_ body: [UInt8]) throws(RowFailure) -> AccountTerms {
        try read(body) { (json) throws(RowFailure) in
            var (terms, found) = (AccountTerms(), 0)
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.skipNull() { continue }
                if key == "futuresMakerFee" {
                    terms.fees.contractMaker = try basisPoints(&json)
                    found += 1
                } else if key == "futuresTakerFee" {
                    terms.fees.contractTaker = try basisPoints(&json)
                    found += 1
                } else if key == "spotMakerFee" {
                    terms.fees.spotMaker = try basisPoints(&json)
                    found += 1
                } else if key == "spotTakerFee" {
                    terms.fees.spotTaker = try basisPoints(&json)
                    found += 1
                } else if key == "leverageLimit" {
                    let place = json.valueOffset()
                    terms.leverageLimit = try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                } else if key == "liquidating" {
                    terms.isLiquidating = try json.bool()
                } else {
                    try json.skipValue()
                }
            }
            guard found == 4 else { throw json.failure("the members \"futuresMakerFee\" to \"spotTakerFee\"") }
            return terms
        }
    }

    /// The venue states fees in basis points.
    private static func basisPoints(_ json: inout JSONReader) throws(RowFailure) -> Rate {
        let place = json.valueOffset()
        return Rate(trillionths: try parseDecimal(try json.decimalText(), decimals: 8, at: place))
    }

    /// Of the answer about collateral: what the whole account is worth.
    static func equity(_ body: [UInt8]) throws(RowFailure) -> AccountFacts.Equity {
        try read(body) { (json) throws(RowFailure) in
            var (net, available): (Int64?, Int64?)
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.skipNull() { continue }
                let place = json.valueOffset()
                if key == "netEquity" {
                    net = try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                } else if key == "netEquityAvailable" {
                    available = try parseLongDecimal(try json.decimalText(), decimals: 9, at: place)
                } else {
                    try json.skipValue()
                }
            }
            guard let net, let available else { throw json.failure("the members \"netEquity\" and \"netEquityAvailable\"") }
            return AccountFacts.Equity(net: net, available: available)
        }
    }
}
