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
            let (known, unsourced) = Self.audit(profile)
            #expect(unsourced.isEmpty, "\(profile.name)")
            #expect(known > 0 || profile == .generic, "\(profile.name)")
        }
    }

    @Test func `a number without source or date is found`() {
        struct Bare {
            var name = "bare"
            var makerFee: Rate? = Rate(basisPoints: 1)
            var takerFee: Fact<Rate>? = Fact(Rate(basisPoints: 1), source: "", date: "2026-05")
            var bands = [Fact(Rate(basisPoints: 1), source: "a page", date: "2026-05"), Fact(.zero, source: "a page", date: "May")]
            var feeRounding: Fact<Rate>?
        }
        #expect(Self.audit(Bare()) == (3, ["makerFee", "takerFee", "bands"]))
    }

    /// How many sourced numbers a profile has, and the properties that hold one without source or date.
    private static func audit(_ profile: Any) -> (known: Int, unsourced: [String]) {
        var (known, unsourced) = (0, [String]())
        for (label, value) in Mirror(reflecting: profile).children where label != "name" && label != "feeds" {
            // A property that is neither a sourced number nor a list of them would slip through here: it is one without.
            let facts = Self.facts(value)
            known += facts?.count ?? 0
            let isSourced = facts?.allSatisfy { !$0.source.isEmpty && $0.date.wholeMatch(of: /20\d\d-(0[1-9]|1[0-2])/) != nil }
            if isSourced != true { unsourced.append(label ?? "") }
        }
        return (known, unsourced)
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
