public import Market

/// How much stood where in a book over time: columns of time, rows of distance from the mid, darker for more.
public struct HeatMap: Sendable {
    /// One moment: both sides' sizes by their distance from the mid.
    public struct Column: Sendable {
        public var time: Timestamp
        /// In basis points, asks above 0.
        public var levels: [(distance: Double, size: Double)]

        public init(time: Timestamp, levels: [(distance: Double, size: Double)]) {
            self.time = time
            self.levels = levels
        }
    }

    public var id: String
    public var title: String
    public var unit: String
    /// In time order.
    public var columns: [Column]
    public var note: String?

    public init(id: String, title: String, unit: String, columns: [Column], note: String? = nil) {
        self.id = id
        self.title = title
        self.unit = unit
        self.columns = columns
        self.note = note
    }

    /// Rows of a side.
    private static let rows = 30
    private static let shades = 100
    private static let (left, right, top, bottom) = (72.0, 948.0, 10.0, 236.0)

    var isEmpty: Bool { columns.allSatisfy(\.levels.isEmpty) }

    /// Nine in ten moments show levels at least as far as this.
    private var range: Double {
        let farthest = columns.compactMap { column in column.levels.map { abs($0.distance) }.max() }.sorted()
        return farthest.isEmpty ? 0 : farthest[farthest.count / 10]
    }

    var svg: String {
        let range = range
        guard let first = columns.first?.time, let last = columns.last?.time, range > 0 else { return "<p class=\"empty\">No data.</p>" }
        var parts = ["<svg class=\"figure\" viewBox=\"0 0 960 260\" role=\"img\" aria-label=\"\(escaped(title))\">"]
        parts.append(
            "<image x=\"72\" y=\"10\" width=\"876\" height=\"226\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
                + "href=\"\(image(range).dataAddress)\"/>")
        let ticks = Axis.ticks(-range...range)
        let spacing = ticks.count > 1 ? ticks[1] - ticks[0] : 1
        for tick in ticks {
            let at = Axis.fixed(Self.top + (range - tick) / (2 * range) * (Self.bottom - Self.top), decimals: 1)
            parts.append("<line class=\"grid\" x1=\"72\" x2=\"948\" y1=\"\(at)\" y2=\"\(at)\"/>")
            parts.append(
                "<text class=\"axis\" x=\"66\" y=\"\(at)\" dy=\"0.32em\" text-anchor=\"end\">\(Axis.label(tick, spacing: spacing))</text>")
        }
        let span = Double(max(1, (last - first).count))
        for (time, label) in Axis.times(first.nanoseconds...last.nanoseconds) {
            let share = Double(time - first.nanoseconds) / span
            let at = Axis.fixed(Self.left + share * (Self.right - Self.left), decimals: 1)
            parts.append("<text class=\"axis\" x=\"\(at)\" y=\"252\" text-anchor=\"middle\">\(label)</text>")
        }
        parts.append("</svg>")
        return parts.joined(separator: "\n")
    }

    /// Shade 0 is nothing; then bids in blue, then asks in orange, ever more opaque.
    private func image(_ range: Double) -> IndexedImage {
        let nothing = IndexedImage.Colour(red: 0, green: 0, blue: 0, alpha: 0)
        let opacities = (1...Self.shades).map { UInt8(25 + 230 * $0 / Self.shades) }
        let palette =
            [nothing] + opacities.map { .init(red: 47, green: 109, blue: 179, alpha: $0) }
            + opacities.map { .init(red: 199, green: 86, blue: 46, alpha: $0) }
        let sums = columns.map { rowSums($0, range) }
        let most = quantile(sums.flatMap { $0.filter { $0 > 0 } })
        var image = IndexedImage(width: columns.count, height: 2 * Self.rows, palette: palette)
        for (column, sizes) in sums.enumerated() {
            for (row, size) in sizes.enumerated() where size > 0 {
                let shade = max(1, min(Self.shades, Int((size / most).squareRoot() * Double(Self.shades))))
                image[column, row] = UInt8(row < Self.rows ? Self.shades + shade : shade)
            }
        }
        return image
    }

    /// Sizes by row, the farthest ask on top.
    private func rowSums(_ column: Column, _ range: Double) -> [Double] {
        var sums = [Double](repeating: 0, count: 2 * Self.rows)
        for level in column.levels where abs(level.distance) < range {
            sums[min(2 * Self.rows - 1, Int((range - level.distance) / range * Double(Self.rows)))] += level.size
        }
        return sums
    }

    /// What only one in a hundred is above: a single wall does not make all else pale.
    private func quantile(_ sizes: [Double]) -> Double {
        let sorted = sizes.sorted()
        return sorted.isEmpty ? 1 : max(sorted[sorted.count * 99 / 100], .leastNormalMagnitude)
    }
}
