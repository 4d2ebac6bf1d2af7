internal import Market
public import Metrics
public import Scenario
public import Strategies

/// What a scenario earns under other models than its own: an optimistic and a pessimistic queue, and half and twice the latency
/// of orders. The market data and their latency stay as they were recorded.
public struct Stress: Sendable {
    public enum Queue: String, Sendable, CaseIterable {
        /// Cancels come from ahead of an order as often as from behind it, by size: the power model with exponent 1.
        case optimistic
        /// As the scenario says.
        case base
        /// Only trades move an order forward.
        case pessimistic
    }

    public struct Cell: Sendable, Hashable {
        public var queue: Queue
        public var latencyPercent: Int
        public var netProfit: ExactAmount
        public var fills: Int
        public var journalHash: UInt64
    }

    public static let latencyPercents = [50, 100, 200]
    public let cells: [Cell]
    /// What the other models are.
    public let note: String

    public subscript(queue: Queue, latencyPercent: Int) -> Cell? {
        cells.first { $0.queue == queue && $0.latencyPercent == latencyPercent }
    }

    /// Runs the scenario eight times.
    ///
    /// - Parameters:
    ///   - base: The run as the scenario has it.
    ///   - goesOn: Asked once a simulated second; false ends it, with nil.
    public static func run(
        _ scenario: Scenario, base: Backtest.Outcome, registry: StrategyRegistry, goesOn: @escaping () -> Bool = { true }
    ) throws(RunError) -> Stress? {
        var cells: [Cell] = []
        for queue in Queue.allCases {
            for percent in latencyPercents {
                let isBase = queue == .base && percent == 100
                let outcome =
                    isBase
                    ? base : try Backtest(scenario.stressed(queue, latencyPercent: percent), registry: registry).run { _ in goesOn() }
                guard !outcome.isPartial else { return nil }
                cells.append(
                    Cell(
                        queue: queue, latencyPercent: percent, netProfit: outcome.result.netProfit, fills: outcome.result.fillCount,
                        journalHash: outcome.journalHash))
            }
        }
        let keepsQueues = scenario.venues.contains { $0.queue == .exactFIFO }
        return Stress(
            cells: cells,
            note: "Optimistic: the power model with exponent 1; pessimistic: only trades move an order forward; latencies of requests and "
                + "reports times one half and two, speed bumps as they are."
                + (keepsQueues ? " Exact queues are known and stay as they are." : ""))
    }
}

extension Scenario {
    /// The same scenario under another queue model and with other latencies.
    func stressed(_ queue: Stress.Queue, latencyPercent: Int) -> Scenario {
        var scenario = self
        for index in scenario.venues.indices where scenario.venues[index].queue != .exactFIFO {
            switch queue {
            case .optimistic: (scenario.venues[index].queue, scenario.venues[index].queueExponent) = (.power, 1_000_000_000)
            case .base: break
            case .pessimistic: (scenario.venues[index].queue, scenario.venues[index].queueExponent) = (.tradesOnly, nil)
            }
        }
        for index in scenario.accounts.indices {
            var connection = scenario.accounts[index].connection
            for kind in RequestClass.allCases { connection.entry[kind] = connection.entry[kind].scaled(percent: latencyPercent) }
            connection.response = connection.response.scaled(percent: latencyPercent)
            scenario.accounts[index].connection = connection
        }
        return scenario
    }
}
