import Foundation
import Testing

@Suite struct ResearchCommandTests {
    /// An order log of a Bitstamp kind: at each second somebody joins the touch, leaves it or is hit.
    private static let log: String = {
        var lines: [String] = []
        var time = 1_430_438_400_000
        func add(_ event: String, _ id: Int, _ price: String, _ amount: String, _ type: Int) {
            time += 1_000
            lines.append(
                "\(time) \(event) {\"price\": \"\(price)\", \"amount\": \"\(amount)\", \"datetime\": \"\(time / 1_000)\", \"id\": \(id), "
                    + "\"order_type\": \(type)}")
        }
        for id in 0..<400 {
            let (price, type) = id % 2 == 0 ? ("236.10", 0) : ("236.50", 1)
            add("order_created", 1_000 + id, price, "1.50000000", type)
            guard id >= 8 else { continue }
            add("order_deleted", 1_000 + id - (id % 3 == 0 ? 8 : 4), price, id % 5 == 0 ? "0.00000000" : "1.50000000", type)
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    private func tape() throws -> Program {
        let program = try Program()
        try program.write("orders.log", Self.log)
        let outcome = try program.run("tape", "import", "orders.log", "--out", "orders.tape", "--quiet")
        #expect(outcome.code == 0, "\(outcome.error)")
        return program
    }

    @Test func `it prints tables, the same each time, and writes the figures`() throws {
        let program = try tape()
        let words = ["research", "queue", "orders.tape", "--skip", "0 s", "--horizon", "30 s", "--block", "1 min", "--csv", "queue.csv"]
        let first = try program.run(words)
        #expect((first.code, first.error) == (0, ""))
        #expect(first.out.contains("| ticks from the touch | n | model | exact | model | error | 95 % |"))
        #expect(first.out.contains("Where intervals overlap") || first.out.contains("No other model's interval"))
        let figures = try program.read("queue.csv")
        #expect(figures.hasPrefix("distance,n,model,exact_fill,"))
        #expect(try program.run(words) == first && program.read("queue.csv") == figures)
        #expect(try program.run(words + ["--seed", "9"]).out != first.out)
    }

    @Test func `a tape that is not there or has no single orders is told`() throws {
        let program = try Program()
        let absent = try program.run("research", "queue", "none.tape")
        #expect(absent.code == 3 && absent.error.hasPrefix("error: no tape at 'none.tape'"))
        _ = try program.run("synth", "--out", "demo.tape", "--duration", "1 min", "--quiet")
        #expect(
            try program.run("research", "queue", "demo.tape")
                == .init(
                    code: 3, out: "",
                    error: "error: no feed of 'demo.tape' tells its orders one by one\n"
                        + "hint: exact queue positions need a feed with order ids, such as a Bitstamp order log\n"))
        let wrong = try program.run("research", "queue", "demo.tape", "--feed", "kraken")
        #expect(wrong.code == 2 && wrong.error.hasPrefix("error: 'demo.tape' has no feed 'kraken'\nhint: it has: backpack "))
    }

    @Test func `a tape too short for its horizon has nothing to tell`() throws {
        let outcome = try tape().run("research", "queue", "orders.tape", "--horizon", "5 h")
        #expect(outcome.code == 3)
        #expect(outcome.error.hasSuffix("could be followed to its horizon\nhint: shorten --skip or --horizon, or lower --every\n"))
    }

    @Test(arguments: [
        (["--skip", "10"], "error: --skip: '10' has no unit"), (["--horizon", "0 s"], "error: --horizon '0 s' is out of range"),
        (["--block", "soon"], "error: --block: 'soon' does not begin with a decimal number"), (["--every", "0"], "error: --every takes 1"),
        (["--resamples", "5"], "error: --resamples takes 100 to 10000"),
    ])
    func `a wrong option is a wrong use`(words: [String], start: String) throws {
        let outcome = try Program().run(["research", "queue", "x.tape"] + words)
        #expect((outcome.code, outcome.out) == (2, ""))
        #expect(outcome.error.hasPrefix(start), "\(outcome.error)")
    }
}
