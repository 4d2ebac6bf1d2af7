internal import Market

/// Which records can concern our orders, so that all others only change the book.
struct Attention {
    /// Level changes at our orders' prices or beyond; everywhere while something of ours was taken, because every change may
    /// lower what is owed there.
    var watch = PriceWatch()
    /// When positions pay funding next.
    var settlement = Timestamp.never { didSet { findDue() } }
    /// When accounts' margin is looked at next without a mark.
    var marginReview = Timestamp.never { didSet { findDue() } }
    /// When the funding formula wants something next.
    var measurement = Timestamp.never { didSet { findDue() } }
    /// From when on any record matters.
    private(set) var due = Timestamp.never

    private mutating func findDue() { due = min(settlement, marginReview, measurement) }

    /// Somebody waits for a price.
    var hasTriggers: Bool {
        get { watch.hearsTrades }
        set { watch.hearsTrades = newValue }
    }

    var hasDebts: Bool {
        get { watch.isEverywhere }
        set { watch.isEverywhere = newValue }
    }
}
