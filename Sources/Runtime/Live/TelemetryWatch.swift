internal import Foundation
public import Market
public import Scenario

/// What a run tells the world.
public enum TelemetryMessage: Hashable, Sendable {
    /// JSON.
    case heartbeat(String)
    case notice(LiveSettings.Occasion, String)
}

/// Finds in a run's status, looked at again and again, what the world is to be told of it.
public struct TelemetryWatch: Sendable {
    /// Alarms come in crowds: those within so long are one message, with the newest of them and how many there were.
    private static let alarmPause = Nanoseconds.seconds(10)
    private static let alarmsInFull = 5

    private let settings: LiveSettings
    private var heartbeatDue = Timestamp.distantPast
    private var isBegun = false
    private var kill: String?
    private var cycles: [String: Int] = [:]
    private var alarmsTold: Int64 = 0
    private var alarmsDue = Timestamp.distantPast

    public init(_ settings: LiveSettings) { self.settings = settings }

    /// What is to be told now.
    public mutating func observe(_ status: RunStatus, at now: Timestamp) -> [TelemetryMessage] {
        var messages: [TelemetryMessage] = []
        if let heartbeat = settings.heartbeat, heartbeatDue <= now {
            heartbeatDue = now + heartbeat.every
            messages.append(.heartbeat(Heartbeat(status).json))
        }
        if !isBegun {
            isBegun = true
            // What was done before is known: a run that goes on tells of what is new.
            for strategy in status.strategies { cycles[strategy.name] = strategy.cyclesDone }
            messages += notice(.start, status)
        }
        for strategy in status.strategies {
            guard let done = strategy.cyclesDone, done > cycles[strategy.name] ?? 0 else { continue }
            cycles[strategy.name] = done
            messages += notice(.cycle, status, strategy: strategy)
        }
        if let level = status.kill, level != kill {
            kill = level
            messages += notice(.kill, status)
        }
        let fresh = status.counts.alarms - alarmsTold
        if fresh > 0, alarmsDue <= now, !status.alarms.isEmpty {
            let newest = status.alarms.suffix(Int(min(fresh, Int64(Self.alarmsInFull))))
            let texts = newest.map { $0.source.isEmpty ? $0.text : "\($0.source): \($0.text)" }
            let more = fresh - Int64(newest.count)
            messages += notice(.alarm, status, text: texts.joined(separator: "; ") + (more > 0 ? " (and \(more) more)" : ""))
            (alarmsTold, alarmsDue) = (status.counts.alarms, now + Self.alarmPause)
        }
        return messages
    }

    /// The run has ended.
    public func end(_ status: RunStatus, because reason: String) -> [TelemetryMessage] {
        let last: [TelemetryMessage] = settings.heartbeat == nil ? [] : [.heartbeat(Heartbeat(status).json)]
        return last + notice(.stop, status, text: reason)
    }

    private func notice(
        _ occasion: LiveSettings.Occasion, _ status: RunStatus, strategy: RunStatus.Strategy? = nil, text: String = ""
    ) -> [TelemetryMessage] {
        guard settings.occasions.contains(occasion), let template = settings.templates[occasion] else { return [] }
        let said = template.filled { place in
            switch place {
            case .run: status.run
            case .time: status.time
            case .state: status.state.rawValue
            case .kill: status.kill ?? "nothing"
            case .strategies: status.strategies.map(\.name).joined(separator: ", ")
            case .strategy: strategy?.name ?? status.strategies.map(\.name).joined(separator: ", ")
            case .cycles: "\(strategy?.cyclesDone ?? status.strategies.reduce(0) { $0 + ($1.cyclesDone ?? 0) })"
            case .text: text
            case .positions: Self.positions(status)
            case .exposure: Self.exposure(status)
            }
        }
        return [.notice(occasion, said)]
    }

    private static func positions(_ status: RunStatus) -> String {
        let held = status.accounts.flatMap { account in account.positions.map { "\(account.name) \($0.quantity) \($0.instrument)" } }
        return held.isEmpty ? "nothing" : held.joined(separator: ", ")
    }

    private static func exposure(_ status: RunStatus) -> String {
        let open = status.strategies.compactMap { strategy in
            strategy.exposure.flatMap { $0.pending == "0" ? nil : "\(strategy.name) \($0.pending) \($0.currency)" }
        }
        return open.isEmpty ? "none" : open.joined(separator: ", ")
    }
}

/// A sign of life, with what somebody who watches many runs wants of each.
private struct Heartbeat: Codable {
    struct Account: Codable {
        var name: String
        var venue: String
        /// Balances, and with equity what there is for margin.
        var margin: [RunStatus.Amount]
        var positions: [RunStatus.Position]
        var openOrders: Int
        var unknownOrders: Int
    }

    var time: String
    var run: String
    var scenario: String
    var state: String
    var kill: String?
    var uptimeSeconds: Int64
    var strategies: [RunStatus.Strategy]
    var venues: [String: [RunStatus.Stream]]
    var accounts: [Account]
    var counts: RunStatus.Counts

    init(_ status: RunStatus) {
        (time, run, scenario) = (status.time, status.run, status.scenario)
        (state, kill, uptimeSeconds) = (status.state.rawValue, status.kill, status.uptimeSeconds)
        (strategies, counts) = (status.strategies, status.counts)
        venues = Dictionary(status.venues.map { ($0.name, $0.streams) }) { one, _ in one }
        accounts = status.accounts.map { account in
            Account(
                name: account.name, venue: account.venue, margin: account.balances, positions: account.positions,
                openOrders: account.orders.count, unknownOrders: account.orders.count { $0.unknownMilliseconds != nil })
        }
    }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("texts and numbers could not be written") }
        return String(decoding: data, as: UTF8.self)
    }
}
