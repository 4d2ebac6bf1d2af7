internal import Market
internal import Scenario
internal import Simulation
internal import Tape

extension Scenario.Venue {
    var queueModel: QueueModel {
        let exponent = Double(queueExponent ?? 0) / 1e9
        return switch queue {
        case .tradesOnly: .tradesOnly
        case .riskAverse: .riskAverse
        case .power: .power(exponent)
        case .power2: .powerOfSum(exponent)
        case .power3: .powerOfShare(exponent)
        case .log: .logarithmic
        case .log2: .logarithmicOfSum
        case .exactFIFO: .exactFIFO
        }
    }
}

extension RunPlan {
    /// Exact queues want the orders' ids.
    static func checkQueues(_ scenario: Scenario, _ listings: [Listing]) throws(RunError) {
        for listing in listings where scenario.venues[listing.venue].queue == .exactFIFO {
            for part in listing.parts {
                let tellsOrders: Bool
                do throws(TapeError) { tellsOrders = try part.tape.hasOrderIDs(part.feed) } catch { throw RunError(error, path: part.path) }
                guard !tellsOrders else { continue }
                throw .scenario(
                    message: "venue '\(scenario.venues[listing.venue].name)' wants the queue exact-fifo, but the feed "
                        + "'\(part.summary.description.name)' tells no orders",
                    hint: "use another queue model, such as risk-averse, or a feed of single orders")
            }
        }
    }
}
