import Scenario
import Trading

/// A scenario with every key, one on a line, and a strategy with every kind of parameter.
enum Demo {
    static let file = "folder/demo.yaml"

    static let strategies = [
        StrategySpecification(
            name: "pair", purpose: "Trades two \"legs\" \\ and\nno more.", phases: ["wait"],
            roles: [
                .init("maker", "the one that rests"), .init("taker", "the one that takes"),
                .init("spare", "one that stands by", isOptional: true),
            ],
            parameters: [
                .init("size", .amount(1...1_000_000_000_000), default: nil, "Of one order."),
                .init("wait", .duration(1_000_000...60_000_000_000), default: ["250 ms"], "Pause."),
                .init("hold", .durationRange(0...86_400_000_000_000), default: ["60 min", "90 min"], "Holding time."),
                .init("min_net", .rate(-10_000_000_000...100_000_000_000), default: ["3 bp"], "Margin."),
                .init("attempts", .integer(1...100), default: ["unlimited"], mayBeUnlimited: true, "Tries."),
                .init("share", .factor(1...1_000_000_000_000), default: ["0.96"], "Of the collateral."),
                .init("post_only", .boolean, default: ["true"], "Whether it only rests."),
                .init("sides", .choice(["both", "buy", "sell"]), default: ["both"], "Which sides."),
            ]),
        StrategySpecification(name: "idle", purpose: "Nothing.", phases: [], roles: [.init("maker", "an account")], parameters: []),
    ]

    static let text = """
        version: 1
        name: btc-demo
        seed: 7
        tapes: [a.tape, /data/b.tape]
        range:
          start: "2024-08-08T23:55:00Z"
          end: "2024-08-08T23:59:00.5Z"
        venues:
          near:
            feed: binance-usdm
            profile: generic
            minimum_latency: "2 ms"
            sync: touch
            queue: trades-only
            post_only: expire
            spot_fee: received
            minimum_notional: "5 USDT"
          far:
            feed: binance-coinm
            profile: lighter-standard
        accounts:
          M:
            venue: near
            collateral: ["50000 USDT", "0.5 BTC"]
            maker_fee: "-0.5 bp"
            taker_fee: "0.05 %"
            entry_latency: "0.25 s"
            response_latency: "5 ms"
            key: near-main
          T:
            venue: far
            collateral: "1 BTC"
        symbols:
          BTC:
            near: BTCUSDT
            far: BTCUSD_PERP
        strategy:
          name: pair
          symbol: BTC
          accounts:
            maker: M
            taker: T
          parameters:
            size: "0.01 BTC"
            wait: "1 s"
            hold: ["1 min", "2 min"]
            min_net: "4 bp"
            attempts: 3
            share: "0.5"
            post_only: false
            sides: buy
        risk:
          max_order_notional: "20000 USDT"
          max_position: "1 BTC"
          price_collar: "5 %"
          max_orders_per_second: 50
          reserved_orders_per_second: 10
          duplicate_window: "100 ms"
          stale_after: "5 s"
          max_rejects_per_minute: 20
        reporting: USD
        rates:
          USDT/USD: "1"
          BTC/USD:
            feed: near
            symbol: BTC
        report:
          capital: "100000 USD"
          returns: compounding

        """

    static func resolve(_ text: String, environment: [String: String] = [:], overrides: [String] = []) throws(ScenarioError) -> Scenario {
        try ScenarioLoader(strategies: strategies).resolve(text, file: file, environment: environment, overrides: overrides)
    }

    /// `line:column: key: message (hint)` of all that is wrong; `source: …` for what is not in the file.
    static func complaints(_ text: String, environment: [String: String] = [:], overrides: [String] = []) -> [String] {
        do {
            _ = try resolve(text, environment: environment, overrides: overrides)
            return []
        } catch {
            return error.issues.map { issue in
                let text = issue.description + (issue.hint.map { " (\($0))" } ?? "")
                return text.hasPrefix(file + ":") ? String(text.dropFirst(file.count + 1)) : text
            }
        }
    }

    // MARK: Editing

    struct Line {
        /// Such as `venues.near.feed`.
        var path: String
        var indent: Int
        var key: String
        var value: String
        /// From 1.
        var number: Int
        /// Where the value stands, from 1.
        var column: Int { indent + key.count + 3 }
        var isLeaf: Bool { !value.isEmpty }
    }

    static let lines: [Line] = {
        var stack: [String] = []
        return text.split(separator: "\n").enumerated().map { index, line in
            let indent = line.prefix { $0 == " " }.count
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let key = String(line[..<colon].dropFirst(indent))
            stack = stack.prefix(indent / 2) + [key]
            return Line(
                path: stack.joined(separator: "."), indent: indent, key: key, value: String(line[colon...].dropFirst(2)), number: index + 1)
        }
    }()

    static func line(_ path: String) -> Line {
        guard let line = lines.first(where: { $0.path == path }) else { preconditionFailure("the demo has no key '\(path)'") }
        return line
    }

    /// The demo with another value of a key; what stands below the key goes.
    static func setting(_ path: String, to value: String) -> String {
        edited { $0.path == path ? ["\(indentation($0))\($0.key): \(value)"] : $0.path.hasPrefix(path + ".") ? [] : nil }
    }

    static func renaming(_ path: String, to name: String) -> String {
        edited { $0.path == path ? ["\(indentation($0))\(name): \($0.value)"] : nil }
    }

    static func removing(_ path: String) -> String {
        edited { $0.path == path || $0.path.hasPrefix(path + ".") ? [] : nil }
    }

    private static func indentation(_ line: Line) -> String { String(repeating: " ", count: line.indent) }

    private static func edited(_ change: (Line) -> [String]?) -> String {
        lines.flatMap { change($0) ?? ["\(indentation($0))\($0.key): \($0.value)"] }.map { $0 + "\n" }.joined()
    }
}
