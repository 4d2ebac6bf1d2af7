import Market
import Scenario
import Testing

@Suite struct VenueProfileTests {
    @Test func `what is known of each venue`() {
        func text(_ rate: Rate?) -> String { rate.map { Decimal.text($0.trillionths, decimals: 8) } ?? "unknown" }
        let table = VenueProfile.all.map { profile in
            "\(profile.name): maker \(text(profile.makerFee?.value)) bp, taker \(text(profile.takerFee?.value)) bp, "
                + "delay \((profile.entryDelay?.value.count ?? 0) / 1_000_000) ms"
        }
        #expect(
            table == [
                "generic: maker unknown bp, taker unknown bp, delay 0 ms",
                "backpack: maker 2 bp, taker 5 bp, delay 0 ms",
                "lighter-standard: maker 0 bp, taker 0 bp, delay 300 ms",
                "lighter-premium: maker 0.4 bp, taker 2.8 bp, delay 200 ms",
                "grvt: maker -0.01 bp, taker 4.5 bp, delay 25 ms",
            ])
    }

    @Test func `every number has a source and a date`() {
        for profile in VenueProfile.all {
            let facts =
                [profile.makerFee, profile.takerFee].compactMap { $0 }.map { ($0.source, $0.date) }
                + [profile.entryDelay].compactMap { $0 }.map { ($0.source, $0.date) }
            for (source, date) in facts {
                #expect(!source.isEmpty && date.wholeMatch(of: /20\d\d-\d\d/) != nil, "\(profile.name)")
            }
        }
    }
}
