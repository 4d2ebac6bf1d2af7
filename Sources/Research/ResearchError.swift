/// What keeps a study from being made. `exitCode` is the command's.
public enum ResearchError: Error, Equatable, Sendable {
    /// A tape can't be opened or read.
    case tape(path: String, message: String, hint: String?)
    /// The tape has no feed of that name.
    case noFeed(path: String, name: String, available: [String])
    /// The feed shows levels, or no book at all.
    case noOrders(path: String, feed: String?)
    /// Several feeds could be meant.
    case severalFeeds(path: String, names: [String])
    /// After what is skipped, no order that stood behind others was followed to its horizon.
    case noSamples(feed: String)
    /// Its feeds have no prices of ten seconds in common.
    case noMarket(path: String)
    /// A file of a market's settings can't be used.
    case parameters(path: String, reason: String)

    public var message: String {
        switch self {
        case .tape(_, let message, _): message
        case .noFeed(let path, let name, _): "'\(path)' has no feed '\(name)'"
        case .noOrders(let path, nil): "no feed of '\(path)' tells its orders one by one"
        case .noOrders(let path, let feed?): "the feed '\(feed)' of '\(path)' does not tell its orders one by one"
        case .severalFeeds(let path, _): "several feeds of '\(path)' tell their orders one by one"
        case .noSamples(let feed): "no order of '\(feed)' stood behind others and could be followed to its horizon"
        case .noMarket(let path): "the feeds of '\(path)' have no best prices of ten seconds in common"
        case .parameters(let path, let reason): "'\(path)' can't be used: \(reason)"
        }
    }

    public var hint: String? {
        switch self {
        case .tape(_, _, let hint): hint
        case .noFeed(_, _, let available): "it has: \(available.joined(separator: ", "))"
        case .noMarket: "name feeds that were recorded together with --feed"
        case .parameters: "make one with `mmsim synth fit`"
        case .noOrders: "exact queue positions need a feed with order ids, such as a Bitstamp order log"
        case .severalFeeds(_, let names): "name one with --feed: \(names.joined(separator: ", "))"
        case .noSamples: "shorten --skip or --horizon, or lower --every"
        }
    }

    public var exitCode: Int32 {
        switch self {
        case .tape, .noOrders, .noSamples, .noMarket, .parameters: 3
        case .noFeed, .severalFeeds: 2
        }
    }
}
