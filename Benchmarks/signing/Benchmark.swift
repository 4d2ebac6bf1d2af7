import Foundation
import Glibc
import Signing

/// Times of signing and verifying: CPU time of this thread, the median of many batches.
enum Benchmark {
    static func run() {
        guard let ed25519 = try? Ed25519SecretKey(hexadecimal: digits(32)), let ethereum = try? EthereumSecretKey(hexadecimal: digits(32)),
            let lighter = try? LighterSecretKey(hexadecimal: digits(39) + "00")
        else { preconditionFailure("fixed digits are keys") }

        let window = BackpackWindow(timestamp: 1_788_285_243_978)
        let request = BackpackSigningString(
            .orderExecute,
            [
                "symbol": .text("SOL_USDC_PERP"), "side": .text("Bid"), "orderType": .text("Limit"), "price": .text("98.96"),
                "quantity": .text("0.12"), "timeInForce": .text("GTC"), "postOnly": .flag(true), "clientId": .integer(4_294_967_295),
            ], valid: window)
        let backpack = ed25519.sign(request)
        report("backpack sign", repeats: 200) { _ in ed25519.sign(request).bytes[0] }
        report("backpack verify", repeats: 100) { _ in ed25519.publicKey.accepts(backpack, of: request.text) ? 1 : 0 }

        let asset = UInt256(0x03_0501)
        func order(_ index: Int) -> GRVTOrder {
            let leg = GRVTOrderLeg(asset: asset, size: 1_000_000, limitPrice: 90_000_000_000_000, isBuying: true)
            return GRVTOrder(
                subAccount: 2_147_050_003_876_484, legs: [leg], nonce: UInt32(index), expiration: 1_800_000_000_000_000_000)
        }
        let grvt = ethereum.sign(order(0), for: .testnet)
        report("grvt sign", repeats: 100) { ethereum.sign(order($0), for: .testnet).v }
        report("grvt verify", repeats: 100) { _ in
            ethereum.publicKey.accepts(grvt, of: GRVTDomain.testnet.digest(order(0))) ? 1 : 0
        }

        func transaction(_ index: Int) -> LighterTransaction {
            let order = LighterOrder(
                market: 1, clientIndex: 1 + Int64(index), baseAmount: 1_000, price: 405_000, isAsk: true, expiry: 1_797_770_613_536)
            return LighterTransaction(
                chain: 304, account: 65, apiKey: 3, nonce: Int64(index), expiry: 1_795_352_131_557, action: .createOrder(order))
        }
        let signed = lighter.sign(transaction(0))
        report("lighter sign", repeats: 50) { UInt8(truncatingIfNeeded: lighter.sign(transaction($0)).info.utf8.count) }
        report("lighter verify", repeats: 20) { _ in signed.isSigned(by: lighter.publicKey) ? 1 : 0 }
    }

    /// Prints the median of forty-one batches, in microseconds an operation.
    private static func report(_ name: String, repeats: Int, _ body: (Int) -> UInt8) {
        var sum: UInt64 = 0
        var times: [Double] = []
        for batch in 0..<41 {
            let start = cpuNanoseconds()
            for index in 0..<repeats { sum &+= UInt64(body(batch * repeats + index)) }
            times.append(Double(cpuNanoseconds() - start) / Double(repeats) / 1_000)
        }
        precondition(sum > 0, "nothing was signed or accepted")
        print(#"{"name": "\#(name)", "microseconds": \#((times.sorted()[20] * 100).rounded() / 100)}"#)
    }

    private static func cpuNanoseconds() -> Int64 {
        var time = timespec()
        let done = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        precondition(done == 0, "no clock of this thread")
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Digits of a fixed key of so many bytes.
    private static func digits(_ count: Int) -> String { Hexadecimal.text((0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }) }
}
