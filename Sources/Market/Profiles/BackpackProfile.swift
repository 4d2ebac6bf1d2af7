extension VenueProfile {
    public static let backpack: VenueProfile = {
        var profile = VenueProfile(name: "backpack", feeds: ["backpack"])
        profile.makerFee = Fact(Rate(basisPoints: 2), source: "support pages, VIP tier 1", date: "2026-09")
        profile.takerFee = Fact(Rate(basisPoints: 5), source: "support pages, VIP tier 1; the same in a fill", date: "2026-09")
        return profile
    }()
}
