internal import Market

extension ScenarioSchema {
    private static let bounds: [Key] = [
        .init("min", .duration, "What is drawn below counts as this. Default \"0 ms\"."),
        .init("max", .duration, "What is drawn above counts as this. Default \"1 h\"."),
    ]

    private static let bursts: [Key] = [
        .init("correlation", .ratio, "Of successive messages, 0 to 1: how much a slow one makes the next one slow. Default none."),
        .init("decay", .duration, "After this long between two messages their correlation has fallen to 1/e."),
    ]

    private static func model(_ model: LatencyReader.Model, _ summary: String, _ keys: [Key]) -> (name: String, keys: [Key]) {
        (model.section, [.init("model", .choice([model.rawValue]), required: true, summary)] + keys)
    }

    static let latencySections: [(name: String, keys: [Key])] = [
        model(
            .normal, "Normally distributed, cut at the bounds.",
            [
                .init("mean", .duration, required: true, "Before it is cut."),
                .init("deviation", .duration, required: true, "The standard deviation, before it is cut."),
            ] + bounds + bursts),
        model(
            .lognormal, "Its logarithm is normally distributed; cut at the bounds.",
            [
                .init("median", .duration, required: true, "As many are faster as slower."),
                .init("sigma", .ratio, required: true, "The standard deviation of the logarithm, such as \"0.4\"."),
            ] + bounds + bursts),
        model(
            .quantiles, "Straight lines between measured quantiles.",
            [.init("points", .quantiles, required: true, "Such as {\"0.5\": \"8 ms\", \"0.99\": \"40 ms\"}; the ends hold beyond them.")]
                + bursts),
        model(
            .samples, "Straight lines in time between recorded messages.",
            [.init("file", .text, required: true, "CSV, relative to this file: \(LatencySamples.header), sorted; venue 0: refused.")]),
        (
            "latency by request",
            [
                .init("submit", .latency, required: true, "Of orders that may take, and of what is not stated."),
                .init("post_only", .latency, "Of orders that may not take."), .init("amend", .latency, "Of amends."),
                .init("cancel", .latency, "Of cancels."), .init("query", .latency, "Of questions and settings."),
            ]
        ),
        (
            "speed bumps",
            [
                .init(
                    "takers", .choice(SpeedBumps.Takers.allCases.map(\.rawValue)), "Which orders are. Default: the tier's, or would-take."),
                .init("maker", .duration, "Of other orders and amends."), .init("taker", .duration, "Of takers."),
                .init("cancel", .duration, "Of cancels."),
            ]
        ),
    ]
}
