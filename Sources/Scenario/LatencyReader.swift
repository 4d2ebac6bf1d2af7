internal import Market
internal import Yams

/// Reads how an account's messages travel.
struct LatencyReader {
    static let latencies: ClosedRange<Nanoseconds> = .zero ... .hours(1)
    private static let decays: ClosedRange<Nanoseconds> = Nanoseconds(count: 1_000) ... .hours(24)
    private static let usual = LatencyModel.constant(.milliseconds(10))
    /// A sigma of five has a 99 % quantile of 100,000 medians.
    private static let sigmas = Rate(trillionths: 1)...Rate(trillionths: 5 * Rate.scale)
    private static let shares = Rate.zero...Rate(trillionths: Rate.scale)

    enum Model: String, CaseIterable {
        case normal, lognormal, quantiles, samples

        /// Of the schema.
        var section: String { "\(rawValue) latency" }
    }

    let files: LatencySamples

    /// - Parameter profile: Of the account's venue; nil if that is not known.
    func connection(_ account: SectionReader, _ profile: VenueProfile?) -> ConnectionModel {
        ConnectionModel(
            entry: entry(account), response: model(account, "response_latency") ?? Self.usual, speedBumps: speedBumps(account, profile),
            separatesLanes: account.flag("separate_lanes") ?? false, batches: batches(account, profile))
    }

    private func batches(_ account: SectionReader, _ profile: VenueProfile?) -> BatchRule? {
        guard account.flag("batches") == true, let profile else { return nil }
        if profile.batches == nil {
            account.fail("batches", "the profile '\(profile.name)' does not know what its venue takes as one request", "leave it out")
        }
        return profile.batches?.value
    }

    private func entry(_ account: SectionReader) -> EntryLatency {
        let names = RequestClass.allCases.map(\.name)
        guard account.names(in: "entry_latency").contains(where: names.contains) else {
            return EntryLatency(model(account, "entry_latency") ?? Self.usual)
        }
        guard let kinds = account.section("entry_latency", "latency by request") else { return EntryLatency(Self.usual) }
        var latency = EntryLatency(model(kinds, RequestClass.submit.name) ?? Self.usual)
        for kind in RequestClass.allCases where kind != .submit { if let model = model(kinds, kind.name) { latency[kind] = model } }
        return latency
    }

    /// nil where the key is missing or wrong.
    private func model(_ section: SectionReader, _ key: String) -> LatencyModel? {
        guard case .mapping(let mapping) = section.node(key) else {
            return section.duration(key, Self.latencies).map { .constant($0) }
        }
        let names = Model.allCases.map(\.rawValue)
        guard let stated = mapping.first(where: { $0.key.scalar?.string == "model" })?.value else {
            section.fail(key, "it has no model", "write a duration, or {model: \(names.joined(separator: " | ")), …}")
            return nil
        }
        let name = stated.scalar?.string ?? ""
        guard let model = Model(rawValue: name) else {
            section.section(key, nil)?.fail(
                "model", "'\(name)' is not one of \(names.joined(separator: ", "))", Spelling.hint(name, names))
            return nil
        }
        guard let given = section.section(key, model.section), let distribution = distribution(model, given) else { return nil }
        return LatencyModel(distribution, bursts: bursts(given))
    }

    private func distribution(_ model: Model, _ given: SectionReader) -> LatencyModel.Distribution? {
        switch model {
        case .normal:
            let (mean, deviation) = (given.duration("mean", Self.latencies), given.duration("deviation", Self.latencies))
            guard let mean, let deviation, let bounds = bounds(given, around: mean, "mean") else { return nil }
            return .normal(mean: mean, deviation: deviation, bounds)
        case .lognormal:
            let (median, sigma) = (given.duration("median", Self.latencies), given.ratio("sigma", Self.sigmas))
            guard let median, let sigma, let bounds = bounds(given, around: median, "median") else { return nil }
            return .lognormal(median: median, sigma: sigma, bounds)
        case .quantiles: return quantiles(given).map { .quantiles($0) }
        case .samples: return files.read(given, "file").map { .samples($0) }
        }
    }

    private func bounds(_ given: SectionReader, around middle: Nanoseconds, _ name: String) -> ClosedRange<Nanoseconds>? {
        let low = given.duration("min", Self.latencies) ?? Self.latencies.lowerBound
        let high = given.duration("max", Self.latencies) ?? Self.latencies.upperBound
        guard low <= middle, middle <= high else {
            given.fail(
                name, "'\(given.text(name) ?? "")' is outside of min and max", "\(UnitText.round(low)) to \(UnitText.round(high)) is stated"
            )
            return nil
        }
        return low...high
    }

    private func quantiles(_ given: SectionReader) -> [LatencyModel.Quantile]? {
        guard let points = given.section("points", nil) else { return nil }
        var quantiles: [LatencyModel.Quantile] = []
        for name in points.names {
            guard let probability = try? UnitText.decimal(name, decimals: 12, of: name), (0...Rate.scale).contains(probability) else {
                points.refuse(name, "'\(name)' is not a probability", "write a number from 0 to 1, such as \"0.99\"")
                return nil
            }
            guard let latency = points.duration(name, Self.latencies) else { return nil }
            guard !quantiles.contains(where: { $0.probability.trillionths == probability }) else {
                points.refuse(name, "this probability stands twice")
                return nil
            }
            quantiles.append(.init(probability: Rate(trillionths: probability), latency: latency))
        }
        quantiles.sort { $0.probability < $1.probability }
        guard quantiles.count > 1 else {
            given.fail("points", "there must be two points at least", "write {\"0.5\": \"8 ms\", \"0.99\": \"40 ms\"}")
            return nil
        }
        for (low, high) in zip(quantiles, quantiles.dropFirst()) where low.latency > high.latency {
            let (less, more) = (
                Decimal.text(low.probability.trillionths, decimals: 12), Decimal.text(high.probability.trillionths, decimals: 12)
            )
            given.fail("points", "the latency at \(more) is less than that at \(less)")
            return nil
        }
        return quantiles
    }

    private func bursts(_ given: SectionReader) -> LatencyModel.Bursts? {
        let (correlation, decay) = (given.ratio("correlation", Self.shares), given.duration("decay", Self.decays))
        switch (given.node("correlation") != nil, given.node("decay") != nil) {
        case (true, false): given.fail("correlation", "how long it lasts is not said", "state decay too, such as \"50 ms\"")
        case (false, true): given.fail("decay", "there is no correlation that could decay", "state that too, such as \"0.8\"")
        case (true, true), (false, false): break
        }
        guard let correlation, let decay else { return nil }
        return .init(correlation: correlation, decay: decay)
    }

    private func speedBumps(_ account: SectionReader, _ profile: VenueProfile?) -> SpeedBumps? {
        let tiers = profile?.speedBumps.map(\.value) ?? []
        var bumps = tiers.first?.bumps
        if let name = account.text("tier"), let profile {
            let names = tiers.map(\.name)
            if let tier = tiers.first(where: { $0.name == name }) {
                bumps = tier.bumps
            } else if tiers.isEmpty {
                account.fail("tier", "the profile '\(profile.name)' has no tiers", "leave it out, or state speed_bumps")
            } else {
                account.fail("tier", "'\(name)' is not one of \(names.joined(separator: ", "))", Spelling.hint(name, names))
            }
        }
        guard let given = account.section("speed_bumps", "speed bumps") else { return bumps }
        var stated = bumps ?? SpeedBumps()
        if given.node("takers") != nil { stated.takers = given.choice("takers", default: stated.takers) }
        stated.maker = given.duration("maker", Self.latencies) ?? stated.maker
        stated.taker = given.duration("taker", Self.latencies) ?? stated.taker
        stated.cancel = given.duration("cancel", Self.latencies) ?? stated.cancel
        return stated
    }
}
