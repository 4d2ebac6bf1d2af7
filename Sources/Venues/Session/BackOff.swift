internal import Market

/// How long to wait before the next try: twice as long each time, drawn from the upper half so that many don't come back at once.
struct BackOff {
    let first: Nanoseconds
    let longest: Nanoseconds
    private var tries = 0

    init(first: Nanoseconds, longest: Nanoseconds) { (self.first, self.longest) = (first, longest) }

    mutating func reset() { tries = 0 }

    mutating func next(_ random: inout SeededGenerator) -> Nanoseconds {
        var span = first.count
        for _ in 0..<tries where span < longest.count { span *= 2 }
        tries += 1
        span = min(span, longest.count)
        return Nanoseconds(count: random.uniform(in: span / 2...span))
    }
}
