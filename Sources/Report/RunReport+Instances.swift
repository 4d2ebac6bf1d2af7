internal import Market
internal import Metrics

/// What each of several strategies made.
extension RunReport {
    private func name(_ instance: RunResult.Instance) -> String { instance.name ?? "(none)" }

    var instanceLines: [String] {
        result.instances.map { instance in
            let held = instance.shares.flatMap { share in share.positions.map { "\(share.account) \($0)" } }
            return "  of \(name(instance)): net \(plain(instance.net)), fees \(plain(instance.fees)), funding \(plain(instance.funding)), "
                + "\(instance.fills) fills" + (held.isEmpty ? "" : ", holds " + held.joined(separator: ", "))
        }
    }

    var instanceFigures: JSONValue {
        .array(
            result.instances.map { instance in
                .object([
                    "strategy": instance.name.map { .string($0) } ?? .null, "net_pnl": .string(instance.net.exactText),
                    "trading": .string(instance.trading.exactText), "fees": .string(instance.fees.exactText),
                    "funding": .string(instance.funding.exactText), "other": .string(instance.other.exactText),
                    "fills": .integer(Int64(instance.fills)), "accounts": .array(instance.shares.map(figures)),
                ])
            })
    }

    private func figures(_ share: RunResult.Instance.Share) -> JSONValue {
        .object([
            "account": .string(share.account), "net_pnl": .string(share.net.exactText), "fills": .integer(Int64(share.fills)),
            "positions": strings(share.positions),
        ])
    }

    var instanceBlocks: [Page.Block] {
        guard !result.instances.isEmpty else { return [] }
        var rows: [[String]] = []
        func add(_ names: [String], _ amounts: [ExactAmount], _ rest: [String]) { rows.append(names + amounts.map { plain($0) } + rest) }
        for instance in result.instances {
            for share in instance.shares {
                add(
                    [name(instance), share.account], [share.net, share.trading, share.fees, share.funding, share.other],
                    [String(share.fills), share.positions.joined(separator: ", ")])
            }
            add(
                [name(instance), "all"], [instance.net, instance.trading, instance.fees, instance.funding, instance.other],
                [String(instance.fills), ""])
        }
        return [
            .table(
                .init(
                    id: "strategies", title: "By strategy (\(currency))",
                    header: ["strategy", "account", "net PnL", "trading", "fees", "funding", "other", "fills", "holds"],
                    numeric: [2, 3, 4, 5, 6, 7], rows: rows,
                    note: "All together are the net PnL without what the collateral gained by its currency. What a kill, or the venue by "
                        + "force, closes belongs to those whose positions it makes smaller; funding is shared by what each holds."))
        ]
    }
}
