internal import Market

/// The kinds of fills that there were: fills of one kind are alike in everything that markouts are broken down by, so that a fill
/// is added to one row, and a group is the sum of its kinds.
struct FillKinds {
    /// Ranges of a figure, told apart by the limits between them.
    private struct Ranges {
        var names: [String]
        var limits: InlineArray<4, Double>

        /// Where a figure falls.
        @inline(__always)
        func place(_ figure: Double) -> Int {
            var place = 0
            while place < limits.count, figure >= limits[place] { place += 1 }
            return place
        }
    }

    private static let spreads = Ranges(
        names: ["under 0.5 bp", "0.5 to 1 bp", "1 to 2 bp", "2 to 5 bp", "5 bp and more"], limits: [0.5, 1, 2, 5])
    private static let volatilities = Ranges(
        names: ["under 0.25 bp", "0.25 to 0.5 bp", "0.5 to 1 bp", "1 to 2 bp", "2 bp and more"], limits: [0.25, 0.5, 1, 2])
    private static let ages = Ranges(
        names: ["under 0.1 s", "0.1 to 1 s", "1 to 10 s", "10 to 60 s", "60 s and more"], limits: [0.1, 1, 10, 60])

    /// What a fill is alike in: where each figure falls, −1 where there is none.
    struct Kind: Hashable, BitwiseCopyable {
        /// Venue × role.
        var role: Int16
        var side: Int8
        var spread: Int8
        var volatility: Int8
        var age: Int8
        var isCancelling: Int8

        /// - Parameters:
        ///   - spread: In basis points; nil where there was no price before the fill.
        ///   - volatility: Of a second, in basis points.
        ///   - age: In seconds since the order was sent; makers only, as whether its cancel was.
        init(role: Int, isSell: Bool, spread: Double?, volatility: Double?, age: Double?, isCancelling: Bool?) {
            self.role = Int16(role)
            side = isSell ? 1 : 0
            self.spread = spread.map { Int8(FillKinds.spreads.place($0)) } ?? -1
            self.volatility = volatility.map { Int8(FillKinds.volatilities.place($0)) } ?? -1
            self.age = age.map { Int8(FillKinds.ages.place($0)) } ?? -1
            self.isCancelling = isCancelling.map { $0 ? 1 : 0 } ?? -1
        }
    }

    private var rows: ContiguousArray<(kind: Kind, row: Int)> = []

    /// The row of a kind; a new one where it is the first of its kind.
    mutating func row(_ kind: Kind, _ sums: inout MarkoutRows) -> Int {
        for entry in rows where entry.kind == kind { return entry.row }
        let row = sums.append()
        rows.append((kind, row))
        return row
    }

    /// The sums of the kinds that `isIncluded`, by horizon.
    func cells(_ sums: borrowing MarkoutRows, where isIncluded: (Kind) -> Bool) -> [Markouts.Cell] {
        sums.cells(rows.filter { isIncluded($0.kind) }.map(\.row))
    }

    /// Every group that a fill was in, in the order of the dimensions.
    func groups(_ sums: borrowing MarkoutRows) -> [Markouts.Group] {
        let dimensions: [(name: String, groups: [String], place: KeyPath<Kind, Int8>)] = [
            ("side", ["buy", "sell"], \.side), ("spread", Self.spreads.names, \.spread),
            ("volatility of a second", Self.volatilities.names, \.volatility), ("time since sent (makers)", Self.ages.names, \.age),
            ("cancel sent before (makers)", ["no", "yes"], \.isCancelling),
        ]
        var groups: [Markouts.Group] = []
        for dimension in dimensions {
            for (place, name) in dimension.groups.enumerated() {
                let cells = cells(sums) { $0[keyPath: dimension.place] == Int8(place) }
                if cells.contains(where: { $0.fills > 0 }) { groups.append(.init(dimension: dimension.name, name: name, cells: cells)) }
            }
        }
        return groups
    }
}
