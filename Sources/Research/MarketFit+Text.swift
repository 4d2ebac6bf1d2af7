internal import Market

extension MarketFit {
    /// The facts of the recording beside those of the last generated sample, a row each.
    public var text: String {
        var rows: [[String]] = [["", "fact", "recorded", "generated"]]
        for (index, name) in names.enumerated() {
            let (recorded, generated) = (recorded.venues[index], generated.venues[index])
            for (place, fact) in Self.facts.enumerated() {
                rows.append([place == 0 ? name : "", fact.name, Self.number(fact.value(recorded)), Self.number(fact.value(generated))])
            }
            rows.append(["", "depth by distance", Self.profile(recorded.depthProfile), Self.profile(generated.depthProfile)])
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, text in
                let padding = String(repeating: " ", count: widths[column] - text.count)
                return column >= 2 ? padding + text : text + padding
            }
            return cells.joined(separator: "  ")
        }
        .joined(separator: "\n")
    }

    private static let facts: [(name: String, value: @Sendable (VenueFacts) -> Double)] = [
        ("frames a second", { $0.framesPerSecond }),
        ("changes a frame", { $0.changesPerFrame }),
        ("spread, ticks", { $0.spreadTicks }),
        ("move in 1 s, ticks", { $0.secondMove }),
        ("move in 10 s, ticks", { $0.tenSecondMove }),
        ("level, lots", { $0.levelLots }),
        ("ticks between levels", { $0.levelGap }),
        ("takers a second", { $0.takersPerSecond }),
        ("taker, lots", { $0.takeLots }),
        ("clustering of takers", { $0.clustering }),
        ("stray from the others, ticks", { $0.strayTicks }),
        ("behind the first, ms", { Double($0.lag.count) / 1e6 }),
        ("latency, ms", { Double($0.latency.count) / 1e6 }),
    ]

    /// Three digits and more where the whole part has them.
    private static func number(_ value: Double) -> String {
        let decimals = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : abs(value) >= 1 ? 2 : 3
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        return Decimal.text(Int64((value * scale).rounded()), decimals: decimals, minimum: decimals)
    }

    private static func profile(_ shares: [Double?]) -> String {
        shares.prefix(7).map { $0.map(number) ?? "–" }.joined(separator: " ")
    }

    /// The settings, to be kept as a file.
    public func file(source: String) -> FittedMarket { FittedMarket(market, source: source) }
}
