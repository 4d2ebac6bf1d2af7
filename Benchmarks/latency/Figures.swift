import Foundation

/// Microseconds at chosen shares of a column of nanoseconds.
struct Percentiles {
    private let sorted: [Int64]

    init(_ values: [Int64]) { sorted = values.sorted() }

    /// - Parameter perMille: Of the values that are not larger.
    func at(_ perMille: Int) -> Double { Double(sorted[min(sorted.count - 1, sorted.count * perMille / 1_000)]) / 1_000 }
}

/// Prints what was measured, by stage and in all, beside the aims.
struct Figures {
    let orders: ArraySlice<Stamp>
    let signatures: [Int64]
    let countsAllocations: Bool

    private static let stages: [(from: Border, to: Border, name: String)] = [
        (.arrived, .frame, "bytes -> frame (TLS, WebSocket)"), (.frame, .event, "frame -> event"), (.event, .decision, "event -> decision"),
        (.decision, .signed, "decision -> encoded, signed"), (.signed, .handedOver, "signed -> bytes at the channel"),
    ]
    private static let aims = (cpu: 100.0, wall: 250.0)

    func print() {
        let width = 34
        let head = "stage, microseconds".padding(toLength: width, withPad: " ", startingAt: 0)
        Swift.print("\(head)  CPU p50     p99    wall p50     p99   p99.9" + (countsAllocations ? "  allocations" : ""))
        for stage in Self.stages { row(stage.name, stage.from, stage.to, width) }
        row("all: CPU from the frame on", .arrived, .handedOver, width)
        let alone = Percentiles(signatures)
        let cpu = Percentiles(column(\.cpu, .frame, .handedOver))
        let encoding = Percentiles(column(\.cpu, .decision, .signed))
        Swift.print(
            String(
                format: "an ED25519 signature alone: CPU p50 %.1f, p99 %.1f; in all %.2f as much, encoded and signed %.2f", alone.at(500),
                alone.at(990), cpu.at(500) / alone.at(500), encoding.at(500) / alone.at(500)))
        say("CPU p99", cpu.at(990), Self.aims.cpu)
        say("wall p99", Percentiles(column(\.wall, .arrived, .handedOver)).at(990), Self.aims.wall)
    }

    private func say(_ what: String, _ found: Double, _ aim: Double) {
        let verdict = found < aim ? "held" : "missed"
        Swift.print(String(format: "%@: %.1f us, %.2f of the aim of %.0f us: %@", what, found, found / aim, aim, verdict))
    }

    private func row(_ name: String, _ from: Border, _ to: Border, _ width: Int) {
        let wall = Percentiles(column(\.wall, from, to))
        var line = name.padding(toLength: width, withPad: " ", startingAt: 0)
        if from == .arrived, to == .frame {
            line += "        -       -"
        } else {
            let cpu = Percentiles(column(\.cpu, from == .arrived ? .frame : from, to))
            line += String(format: " %8.1f %7.1f", cpu.at(500), cpu.at(990))
        }
        line += String(format: "    %8.1f %7.1f %7.1f", wall.at(500), wall.at(990), wall.at(999))
        if countsAllocations, from != .arrived || to == .handedOver {
            let counted = Percentiles(column(\.allocations, from == .arrived ? .frame : from, to).map { $0 * 1_000 })
            line += String(format: "     %8.0f", counted.at(500))
        }
        Swift.print(line)
    }

    private func column(_ member: KeyPath<Stamp, InlineArray<6, Int64>>, _ from: Border, _ to: Border) -> [Int64] {
        orders.map { $0[keyPath: member][to.rawValue] - $0[keyPath: member][from.rawValue] }
    }
}
