internal import Market
internal import Metrics
internal import Runtime

/// What prices did after own fills.
extension RunReport {
    private static let viewNames = ["mid", "micro_price", "other_venue"]

    private func text(_ span: Nanoseconds) -> String {
        span < .seconds(1) ? "\(span.count / 1_000_000) ms" : "\(span.count / 1_000_000_000) s"
    }

    private func roleName(_ role: Markouts.Role) -> String { "\(role.venue), \(role.isMaker ? "maker" : "taker")" }

    private var rolesWithFills: [Markouts.Role] {
        result.markouts.roles.filter { role in
            role.cells[0].contains { $0.fills > 0 } || (role.distrusted + role.unfinished).contains { $0.fills > 0 }
        }
    }

    // MARK: JSON

    var markoutFigures: JSONValue {
        .object([
            "horizons_ns": .array(Markouts.horizons.map { .integer($0.count) }),
            "block_ns": .integer(result.markouts.block.count), "fills": .integer(Int64(result.markouts.fills)),
            "cancel_race_share": .ratio(cancelRaceShare),
            "roles": .array(result.markouts.roles.map(figures)),
            "groups": .array(
                result.markouts.groups.map { group in
                    .object([
                        "dimension": .string(group.dimension), "name": .string(group.name), "horizons": .array(group.cells.map(figures)),
                    ])
                }),
        ])
    }

    /// Fills that reached us after their cancel was sent, of all fills as maker.
    var cancelRaceShare: Double? {
        let makers = result.activity.reduce(0) { $0 + $1.makerFills }
        return makers == 0 ? nil : Double(result.activity.reduce(0) { $0 + $1.cancelRaceFills }) / Double(makers)
    }

    private func figures(_ cell: Markouts.Cell) -> JSONValue {
        .object([
            "fills": .integer(Int64(cell.fills)), "notional": exact(cell.notional), "captured": exact(cell.captured),
            "markout": exact(cell.markout), "adverse_selection": exact(cell.adverseSelection),
            "captured_bp": .ratio(cell.capturedBasisPoints), "markout_bp": .ratio(cell.markoutBasisPoints),
            "adverse_selection_bp": .ratio(cell.adverseBasisPoints),
        ])
    }

    private func figures(_ role: Markouts.Role) -> JSONValue {
        var keys: [String: JSONValue] = ["venue": .string(role.venue), "role": .string(role.isMaker ? "maker" : "taker")]
        for (view, name) in Self.viewNames.enumerated() { keys[name] = .array(role.cells[view].map(figures)) }
        keys["markout_95_percent_bp"] = .array(
            role.intervals.map { $0.map { .array([.ratio($0.low), .ratio($0.high)]) } ?? .null })
        func excluded(_ rows: [Markouts.Excluded]) -> JSONValue {
            .array(rows.map { .object(["fills": .integer(Int64($0.fills)), "notional": exact($0.notional)]) })
        }
        keys["excluded_book_not_trusted"] = excluded(role.distrusted)
        keys["excluded_near_the_end"] = excluded(role.unfinished)
        return .object(keys)
    }

    // MARK: Page

    var markoutBlocks: [Page.Block] {
        let header = ["fills of"] + Markouts.horizons.map(text)
        let numeric = Set(1...Markouts.horizons.count)
        return [
            .table(
                .init(
                    id: "markouts", title: "Markout by venue and role, bp",
                    header: ["fills of", "against", "captured"] + Markouts.horizons.map(text),
                    numeric: Set(2...2 + Markouts.horizons.count),
                    rows: rolesWithFills.flatMap(markoutRows),
                    note: "Weighted by notional; positive is a gain. Captured is the distance to the last mid before the fill's "
                        + "instant; markout = captured + adverse selection. Intervals: bootstrap over blocks of "
                        + "\(seconds(result.markouts.block)).")),
            .table(
                .init(
                    id: "adverse", title: "Adverse selection against the mid, bp", header: header, numeric: numeric,
                    rows: rolesWithFills.map { role in [roleName(role)] + role.cells[0].map { number($0.adverseBasisPoints) } },
                    note: "The move of the mid after the fill, signed by its side: negative went against us.")),
            .table(
                .init(
                    id: "markout-groups", title: "Markout by kind of fill, bp",
                    header: ["by", "fills of", "fills"] + Markouts.horizons.map(text), numeric: Set(2...2 + Markouts.horizons.count),
                    rows: result.markouts.groups.map { group in
                        [group.dimension, group.name, String(group.cells.map(\.fills).max() ?? 0)]
                            + group.cells.map { number($0.markoutBasisPoints) }
                    },
                    note: "Fills that reached us after their cancel was sent: \(percent(cancelRaceShare)) of the fills as maker.")),
            .table(
                .init(
                    id: "markout-excluded", title: "Fills left out: fills, \(currency)",
                    header: ["fills of", "why"] + Markouts.horizons.map(text), numeric: Set(2...1 + Markouts.horizons.count),
                    rows: rolesWithFills.flatMap { role in
                        [("book not trusted or stale", role.distrusted), ("nearer to the end", role.unfinished)].map { why, rows in
                            [roleName(role), why] + rows.map { "\($0.fills), \(plain($0.notional, decimals: 0))" }
                        }
                    })),
        ]
    }

    private func markoutRows(_ role: Markouts.Role) -> [[String]] {
        let views = zip(["mid", "micro-price", "other venue's mid"], role.cells).filter { $0.1.contains { $0.fills > 0 } }
        var rows = views.map { view, cells in
            [roleName(role), view, number(cells.first { $0.fills > 0 }?.capturedBasisPoints)]
                + cells.map { number($0.markoutBasisPoints) }
        }
        rows.append(
            [roleName(role), "95 % interval", ""] + role.intervals.map { $0.map { "\(number($0.low)) to \(number($0.high))" } ?? "–" })
        return rows
    }
}
