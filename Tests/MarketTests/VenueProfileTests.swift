import Market
import Testing

@Suite struct VenueProfileTests {
    @Test func `what is known of each venue`() {
        func text(_ rate: Rate?) -> String { rate.map { Decimal.text($0.trillionths, decimals: 8) } ?? "unknown" }
        let table = VenueProfile.all.map { profile in
            "\(profile.name): maker \(text(profile.makerFee?.value)) bp, taker \(text(profile.takerFee?.value)) bp, "
                + "held up: \(profile.speedBumps.first?.value.bumps.description ?? "nothing known")"
        }
        #expect(
            table == [
                "generic: maker unknown bp, taker unknown bp, held up: nothing known",
                "backpack: maker 2 bp, taker 5 bp, held up: nothing known",
                "lighter-standard: maker 0 bp, taker 0 bp, held up: maker 200 ms, taker 300 ms (would-take), cancel 200 ms",
                "lighter-premium: maker 0.4 bp, taker 2.8 bp, held up: maker 0 ms, taker 200 ms (would-take), cancel 0 ms",
                "grvt: maker -0.01 bp, taker 4.5 bp, held up: maker 0 ms, taker 25 ms (not-post-only), cancel 0 ms",
            ])
    }

    @Test func `every number has a source and a date`() {
        for profile in VenueProfile.all {
            var known = 0
            for (label, value) in Mirror(reflecting: profile).children where label != "name" && label != "feeds" {
                // A property that is neither a sourced number nor a list of them would slip through here: it fails instead.
                let facts = Self.facts(value)
                #expect(facts != nil, "\(profile.name).\(label ?? "") is not a Fact")
                for fact in facts ?? [] {
                    known += 1
                    #expect(
                        !fact.source.isEmpty && fact.date.wholeMatch(of: /20\d\d-(0[1-9]|1[0-2])/) != nil,
                        "\(profile.name).\(label ?? "")")
                }
            }
            #expect(known > 0 || profile == .generic, "\(profile.name)")
        }
    }

    /// The sourced numbers of a property; nil when it is something else.
    private static func facts(_ value: Any) -> [any Sourced]? {
        if let fact = value as? any Sourced { return [fact] }
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .optional || mirror.displayStyle == .collection else { return nil }
        var facts: [any Sourced] = []
        for child in mirror.children {
            guard let inner = Self.facts(child.value) else { return nil }
            facts += inner
        }
        return facts
    }
}
