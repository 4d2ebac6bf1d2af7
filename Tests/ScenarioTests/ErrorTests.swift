import Foundation
import Scenario
import Testing
import Trading

@Suite struct ErrorTests {
    /// One wrong value, and what is said of it; it stands where the key's value stands.
    @Test(
        arguments: [
            ("version", "2", "2 is not known", "this program reads version 1"),
            ("version", "one", "'one' is not a whole number", nil),
            ("version", "-1", "-1 is out of range", "allowed: 0 to 9223372036854775807"),
            ("name", "two words", "'two words' can't name a folder", "use letters, digits, . _ -"),
            ("name", "../up", "'../up' can't name a folder", "use letters, digits, . _ -"),
            ("seed", "1.5", "'1.5' is not a whole number", nil),
            ("seed", "-7", "-7 is out of range", "allowed: 0 to 9223372036854775807"),
            ("tapes", "[]", "there must be one at least", nil),
            ("range.start", "yesterday", "'yesterday' is not an instant", "write \"2024-08-08T23:55:00Z\""),
            ("range.end", "2024-02-30", "'2024-02-30' is not an instant", "write \"2024-08-08T23:55:00Z\""),
            ("range.end", "2024-08-08T23:55:00Z", "it is not after the start", nil),
            ("venues.near.profile", "generik", "'generik' is not one of \(profiles)", "did you mean 'generic'?"),
            ("venues.far.profile", "mtgox", "'mtgox' is not one of \(profiles)", nil),
            ("venues.near.minimum_latency", "2", "'2' has no unit", "write \"2 ms\", with ms, s, min, h or d"),
            ("venues.near.minimum_latency", "2 fortnights", "'fortnights' is not a unit of time", "use ns, us, ms, s, min, h or d"),
            ("venues.near.minimum_latency", "-2 ms", "'-2 ms' is out of range", "allowed: 0 ns to 1 h"),
            ("venues.near.sync", "touched", "'touched' is not one of snapshot, touch", "did you mean 'touch'?"),
            ("venues.near.queue", "fifo", "'fifo' is not one of \(queues)", nil),
            ("venues.near.queue", "risk-adverse", "'risk-adverse' is not one of \(queues)", "did you mean 'risk-averse'?"),
            ("venues.near.post_only", "rejct", "'rejct' is not one of reject, expire, slide", "did you mean 'reject'?"),
            ("venues.near.minimum_notional", "5", "'5' has no currency", "write \"5 USD\", or another currency or token"),
            ("venues.near.minimum_notional", "-5 USDT", "'-5 USDT' is negative", nil),
            ("accounts.M.venue", "nera", "there is no venue 'nera'", "did you mean 'near'?"),
            ("accounts.M.venue", "elsewhere", "there is no venue 'elsewhere'", "name one of `venues`"),
            ("accounts.M.collateral", "[]", "there must be one amount at least", "write [\"0 USD\"] for none"),
            ("accounts.M.collateral", "5 usd", "'usd' is not a currency", "a currency is one to eight upper-case letters and digits"),
            ("accounts.M.collateral", "-5 USD", "'-5 USD' is negative", nil),
            ("accounts.M.collateral", "1.0000000001 BTC", "'1.0000000001 BTC' has more decimals than can be kept exactly", nil),
            ("accounts.M.collateral", "99999999999 USD", "'99999999999 USD' is too large", nil),
            ("accounts.M.collateral", "lots USD", "'lots USD' does not begin with a decimal number", nil),
            ("accounts.M.maker_fee", "2", "'2' has no unit", "write \"2 bp\" or \"2 %\""),
            ("accounts.M.maker_fee", "2 pips", "'pips' is not a unit of a rate", "use bp or %"),
            ("accounts.M.maker_fee", "-3 %", "'-3 %' is out of range", "allowed: -200 bp to 200 bp"),
            ("accounts.M.taker_fee", "5 %", "'5 %' is out of range", "allowed: -200 bp to 200 bp"),
            ("accounts.M.taker_fee", "a lot of bp", "'a lot of bp' does not begin with a decimal number", nil),
            ("accounts.M.entry_latency", "106751 d", "'106751 d' is out of range", "allowed: 0 ns to 1 h"),
            ("accounts.M.entry_latency", "200000 d", "'200000 d' is too large", nil),
            ("accounts.M.entry_latency", "0.5 ns", "'0.5 ns' is not a whole number of ns", nil),
            ("accounts.M.response_latency", "1.2.3 s", "'1.2.3 s' does not begin with a decimal number", nil),
            ("strategy.name", "pear", "there is no strategy 'pear'", "did you mean 'pair'?"),
            ("strategy.name", "moonshot", "there is no strategy 'moonshot'", "there are: pair, idle"),
            ("strategy.accounts.maker", "Q", "there is no account 'Q'", "name one of `accounts`"),
            ("strategy.accounts.taker", "M", "'M' has another role already", "its two positions would be one: name another account"),
            ("strategy.parameters.size", "0.01", "'0.01' has no currency", "write \"0.01 USD\", or another currency or token"),
            ("strategy.parameters.size", "0 BTC", "it is out of range", "allowed: 0.000000001 to 1000 of a currency"),
            ("strategy.parameters.wait", "250", "'250' has no unit", "write \"250 ms\", with ms, s, min, h or d"),
            ("strategy.parameters.wait", "1 h", "it is out of range", "allowed: 1 ms to 1 min; default: 250 ms"),
            ("strategy.parameters.wait", "[1 s, 2 s]", "it wants one value, not a list", "allowed: 1 ms to 1 min; default: 250 ms"),
            (
                "strategy.parameters.wait", "unlimited", "'unlimited' does not begin with a decimal number",
                "allowed: 1 ms to 1 min; default: 250 ms"
            ),
            ("strategy.parameters.hold", "1 min", "it wants two durations", "write [\"60 min\", \"90 min\"]"),
            ("strategy.parameters.hold", "[2 min, 1 min]", "'2 min' is longer than '1 min'", "write the shorter one first"),
            ("strategy.parameters.hold", "[1 min, 2 d]", "it is out of range", "allowed: 0 ns to 1 d; default: 60 min .. 90 min"),
            ("strategy.parameters.min_net", "4", "'4' has no unit", "write \"4 bp\" or \"4 %\""),
            ("strategy.parameters.min_net", "-2 %", "it is out of range", "allowed: -100 bp to 1000 bp; default: 3 bp"),
            ("strategy.parameters.attempts", "0", "it is out of range", "allowed: 1 to 100, or unlimited; default: unlimited"),
            (
                "strategy.parameters.attempts", "many", "'many' is not a whole number",
                "allowed: 1 to 100, or unlimited; default: unlimited"
            ),
            ("strategy.parameters.share", "1.5", "it is out of range", "allowed: 0.000000000001 to 1; default: 0.96"),
            ("strategy.parameters.post_only", "yes", "'yes' is not true or false", "allowed: true or false; default: true"),
            ("strategy.parameters.sides", "bye", "'bye' is not one of both, buy, sell", "did you mean 'buy'?"),
            ("risk.max_order_notional", "0 USDT", "'0 USDT' is not more than nothing", nil),
            ("risk.max_position", "-1 BTC", "'-1 BTC' is negative", nil),
            ("risk.price_collar", "-5 %", "'-5 %' is out of range", "allowed: 0.00000001 bp to 10000 bp"),
            ("risk.price_collar", "5", "'5' has no unit", "write \"5 bp\" or \"5 %\""),
            ("risk.max_orders_per_second", "0", "0 is out of range", "allowed: 1 to 1000000"),
            ("risk.reserved_orders_per_second", "-1", "-1 is out of range", "allowed: 0 to 1000000"),
            ("risk.reserved_orders_per_second", "50", "it leaves nothing of max_orders_per_second for quotes", nil),
            ("risk.duplicate_window", "0 ms", "'0 ms' is out of range", "allowed: 1 ms to 1 d"),
            ("risk.stale_after", "2 d", "'2 d' is out of range", "allowed: 1 ms to 1 d"),
            ("risk.max_rejects_per_minute", "few", "'few' is not a whole number", nil),
            ("reporting", "dollars", "'dollars' is not a currency", "such as USD, USDC or BTC"),
            ("rates.USDT/USD", "0", "'0' is not more than nothing", nil),
            ("rates.USDT/USD", "1e0", "'1e0' does not begin with a decimal number", nil),
            ("rates.BTC/USD.feed", "naer", "there is no venue 'naer'", "did you mean 'near'?"),
            ("report.capital", "0 USD", "'0 USD' is not more than nothing", nil),
            ("report.returns", "additiv", "'additiv' is not one of additive, compounding", "did you mean 'additive'?"),
        ] as [(String, String, String, String?)])
    func `a wrong value is shown where it stands`(path: String, value: String, message: String, hint: String?) {
        let line = Demo.line(path)
        let expected = "\(line.number):\(line.column): \(path): \(message)" + (hint.map { " (\($0))" } ?? "")
        #expect(Demo.complaints(Demo.setting(path, to: value)) == [expected])
    }

    private static let queues = "trades-only, risk-averse, power, power2, power3, log, log2, exact-fifo"
    private static let profiles = "generic, backpack, lighter-standard, lighter-premium, grvt"

    @Test(arguments: Demo.lines.map(\.path), ["[[1]]", "[{a: 1}]", "~", "", "\"\"", "\"a\\nb\"", "{? [1] : 2}"])
    func `a value of a wrong shape is refused at its key`(path: String, value: String) throws {
        let complaints = Demo.complaints(Demo.setting(path, to: value))
        let line = Demo.line(path)
        #expect(complaints.contains { $0.hasPrefix("\(line.number):") && $0.contains(": \(path)") }, "\(complaints)")
    }

    @Test(arguments: Demo.lines.filter { line in fixedKeys.contains { line.path.hasSuffix($0) } }.map(\.path))
    func `a misspelt key is shown with what was meant`(path: String) {
        let line = Demo.line(path)
        let wrong = line.key + "x"
        let complaints = Demo.complaints(Demo.renaming(path, to: wrong))
        let start = "\(line.number):\(line.indent + 1): \(path)x: "
        #expect(
            complaints.contains { $0.hasPrefix(start) && $0.hasSuffix("(did you mean '\(line.key)'?)") },
            "\(complaints)")
    }

    /// All but the user's own names.
    private static let fixedKeys: [String] = Demo.lines.map(\.path).filter {
        !["venues.near", "venues.far", "accounts.M", "accounts.T"].contains($0) && !$0.hasPrefix("symbols.")
            && !["rates.USDT/USD", "rates.BTC/USD"].contains($0)
    }

    @Test(arguments: [
        ("version", "1:1: version: it is missing (Of this format: 1.)"),
        ("name", "1:1: name: it is missing (Of the run; also the folder of its report: letters, digits, . _ -)"),
        ("reporting", "1:1: reporting: it is missing (The currency of the report, such as USD.)"),
        ("strategy", "1:1: strategy: it is missing (What trades.)"),
        ("venues.far.feed", "19:5: venues.far.feed: it is missing (The recorded venue, as `mmsim tape info` names it.)"),
        ("accounts.T.venue", "31:5: accounts.T.venue: it is missing (One of `venues`.)"),
        (
            "accounts.M.collateral",
            "23:5: accounts.M.collateral: it is missing (What it holds at the start, such as [\"1 BTC\", \"50000 USDT\"].)"
        ),
        (
            "accounts.M.maker_fee",
            "23:5: accounts.M.maker_fee: it is missing, and the profile 'generic' does not know it (state it, such as \"5 bp\")"
        ),
        (
            "accounts.M.taker_fee",
            "23:5: accounts.M.taker_fee: it is missing, and the profile 'generic' does not know it (state it, such as \"5 bp\")"
        ),
        ("strategy.name", "38:3: strategy.name: it is missing (As `mmsim strategies` lists it.)"),
        ("strategy.symbol", "38:3: strategy.symbol: it is missing (What is traded, such as BTC.)"),
        ("strategy.accounts", "38:3: strategy.accounts: it is missing (An account for each role of the strategy.)"),
        ("strategy.accounts.taker", "41:5: strategy.accounts.taker: it is missing (the one that takes)"),
        ("strategy.parameters", "38:3: strategy.parameters: pair wants 'size' (Of one order.)"),
        ("strategy.parameters.size", "44:5: strategy.parameters: pair wants 'size' (Of one order.)"),
        ("rates.BTC/USD.feed", "65:5: rates.BTC/USD.feed: it is missing (One of `venues`.)"),
        ("rates.BTC/USD.symbol", "65:5: rates.BTC/USD.symbol: it is missing (Whose mid is the rate, such as BTC.)"),
        (
            "risk.max_orders_per_second",
            "56:31: risk.reserved_orders_per_second: there is no max_orders_per_second that it could be part of (state that too)"
        ),
    ])
    func `a missing key is shown where it would stand`(path: String, complaint: String) {
        #expect(Demo.complaints(Demo.removing(path)) == [complaint])
    }

    @Test(arguments: [
        ("strategy.accounts.maker", "mker", "pair has no role 'mker' (did you mean 'maker'?)"),
        ("strategy.parameters.wait", "wiat", "pair has no parameter 'wiat' (did you mean 'wait'?)"),
        ("strategy.parameters.wait", "leverage", "pair has no parameter 'leverage' (see `mmsim strategies pair`)"),
        ("symbols.BTC.far", "fra", "there is no venue 'fra' (did you mean 'far'?)"),
        ("rates.USDT/USD", "USDT-USD", "'USDT-USD' is not a pair of currencies (write \"USDT/USD\")"),
        ("rates.USDT/USD", "USD/USD", "'USD/USD' is not a pair of currencies (write \"USDT/USD\")"),
    ])
    func `a name that nothing has is refused`(path: String, name: String, complaint: String) {
        let line = Demo.line(path)
        let full = path.dropLast(line.key.count) + name
        #expect(
            Demo.complaints(Demo.renaming(path, to: name)).contains {
                $0.hasPrefix("\(line.number):") && $0.hasSuffix("\(full): \(complaint)")
            })
    }

    @Test func `a name that other keys could not hold is refused`() {
        #expect(
            Demo.complaints(Demo.text.replacing("near", with: "ne.ar")) == [
                "9:3: venues.ne.ar: 'ne.ar' is not a name (use letters, digits, _ -)"
            ])
    }

    @Test func `elements of a list are shown where they stand`() {
        let collateral = Demo.setting("accounts.M.collateral", to: "\n      - 1 BTC\n      - 2\n      - 3 BTC")
        #expect(
            Demo.complaints(collateral) == [
                "26:9: accounts.M.collateral: '2' has no currency (write \"2 USD\", or another currency or token)",
                "27:9: accounts.M.collateral: BTC stands twice",
            ])
        #expect(Demo.complaints(Demo.setting("tapes", to: "[a, b, a]")) == ["4:15: tapes: 'a' stands twice"])
    }

    @Test func `everything that is wrong is said at once, in the order of the file`() {
        var text = Demo.text
        for (right, wrong) in [
            ("seed: 7", "sede: 7"), ("sync: touch", "sync: tuoch"), ("maker_fee: \"-0.5 bp\"", "maker_fee: 2"),
            ("name: pair", "name: pear"),
            ("stale_after: \"5 s\"", "stale_after: 5"), ("reporting: USD", "reporting: usd"), ("name: btc-demo", "name: a b"),
        ] {
            text = text.replacing(right, with: wrong)
        }
        #expect(
            Demo.complaints(text) == [
                "2:7: name: 'a b' can't name a folder (use letters, digits, . _ -)",
                "3:1: sede: there is no such key (did you mean 'seed'?)",
                "13:11: venues.near.sync: 'tuoch' is not one of snapshot, touch (did you mean 'touch'?)",
                "25:16: accounts.M.maker_fee: '2' has no unit (write \"2 bp\" or \"2 %\")",
                "38:9: strategy.name: there is no strategy 'pear' (did you mean 'pair'?)",
                "59:16: risk.stale_after: '5' has no unit (write \"5 ms\", with ms, s, min, h or d)",
                "61:12: reporting: 'usd' is not a currency (such as USD, USDC or BTC)",
            ])
    }

    @Test(arguments: [
        ("", "1:1: the file is empty (see `mmsim scenario schema`, or start from a file in Scenarios/)"),
        (" \n# nothing\n", "1:1: the file is empty (see `mmsim scenario schema`, or start from a file in Scenarios/)"),
        ("- a\n- b\n", "1:1: it is not a mapping of keys to values (see `mmsim scenario schema`)"),
        ("text", "1:1: it is not a mapping of keys to values (see `mmsim scenario schema`)"),
        ("name: a\n\tseed: 1\n", "2:1: a tab stands where YAML wants blanks (indent with blanks)"),
        ("name: a\r\nrange:\r\n  \tstart: x\r\n", "3:3: a tab stands where YAML wants blanks (indent with blanks)"),
        ("name: a\nseed: 1\nname: b\n", "1:1: the key 'name' stands twice (name it once)"),
        ("a: {1: x, \"1\": y}\n", "1:5: the key '1' stands twice (name it once)"),
        (
            "name: \"a\n",
            "2:1: while scanning a quoted scalar, found unexpected end of stream (check the indentation, quotes and colons there)"
        ),
        (
            "name: [a\nseed: 1\n",
            "2:5: while parsing a flow sequence, did not find expected ',' or ']' (check the indentation, quotes and colons there)"
        ),
        ("name: a\nseed: *x\n", "2:7: found undefined alias (check the indentation, quotes and colons there)"),
        (
            "name: a\n---\nname: b\n",
            "2:1: expected a single document in the stream, but found another document (check the indentation, quotes and colons there)"
        ),
    ])
    func `text that is no scenario is refused with its place`(text: String, complaint: String) {
        #expect(Demo.complaints(text) == [complaint])
    }

    @Test func `no text makes it trap`() {
        var generator = Shuffler(state: 20_240_808)
        let alphabet = Array("{}[]:,-?&*!|>'\"%@`#~ \n\t0123456789abcMT.\u{0}é")
        for _ in 0..<2_000 {
            var text = Array(Demo.text)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let at = Int.random(in: text.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: text[at] = alphabet[Int.random(in: alphabet.indices, using: &generator)]
                case 1: text.remove(at: at)
                default: text.insert(alphabet[Int.random(in: alphabet.indices, using: &generator)], at: at)
                }
            }
            let complaints = Demo.complaints(String(text))
            #expect(!complaints.contains(""))
        }
    }

    private struct Shuffler: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
