import Market
import Scenario
import Strategies
import Testing
import Trading

@testable import Runtime

@Suite struct ParameterDeskTests {
    /// A scenario's core, and what may be changed in it.
    private struct Desk {
        let bench: Workbench
        let core: TradingCore
        let desk: ParameterDesk
        let names: JournalNames

        init() throws {
            bench = try Workbench()
            let tapes = try bench.synth(minutes: 1)
            let plan = try RunPlan(bench.scenario(tapes, parameters: Workbench.xemm), TapeCatalog(tapes))
            core = try plan.makeCore(plan.coreConfiguration, .builtIn, journal: Journal(sink: nil))
            names = JournalNames(RunHeader(plan))
            desk = ParameterDesk(plan.scenario, bindings: plan.bindings, registry: .builtIn)
        }

        func refusal(_ key: String, _ text: String) -> String {
            do {
                return "accepted: \(try desk.change(key, to: text, in: core).text)"
            } catch { return "\(error.message); \(error.hint ?? "")" }
        }
    }

    @Test(arguments: ["min_net", "xemm.min_net", "strategy.parameters.min_net", "parameters.min_net"])
    func `a change is made by the names that a person uses, and the core decides by it`(key: String) throws {
        let bench = try Desk()
        let accepted = try bench.desk.change(key, to: "4.5bp", in: bench.core)
        #expect(accepted.text.hasPrefix("xemm.min_net: ") && accepted.text.hasSuffix("bp → 4.5 bp"))
        bench.core.receive(.set(accepted.change), at: Timestamp(nanoseconds: 1))
        #expect(bench.desk.parameters(of: StrategyID(0), in: bench.core).rate("min_net") == Rate(trillionths: 450_000_000))
        // What is changed again was what it had become.
        #expect(try bench.desk.change(key, to: "5 bp", in: bench.core).text == "xemm.min_net: 4.5 bp → 5 bp")
    }

    @Test func `what can't be changed is refused with the reason and what to do`() throws {
        let bench = try Desk()
        #expect(bench.refusal("min_nte", "4 bp").hasPrefix("xemm has no parameter 'min_nte'; did you mean 'min_net'?"))
        #expect(bench.refusal("makers", "both").hasPrefix("'makers' can't change while the run goes on; stop the run"))
        #expect(bench.refusal("min_net", "4").hasPrefix("'4' has no unit; write \"4 bp\""))
        #expect(bench.refusal("min_net", "400 %").hasPrefix("it is out of range; allowed: "))
        #expect(bench.refusal("min_net", "[1 bp, 2 bp]").hasPrefix("it wants one value"))
        #expect(bench.refusal("min_net", "{").hasPrefix("'{' is no value; allowed: "))
        #expect(bench.refusal("size", "5 XRP").contains("XRP"), "the instance refuses what its instruments don't have")
        #expect(bench.refusal("zemm.min_net", "4 bp") == "there is no strategy 'zemm'; did you mean 'xemm'?")
        #expect(bench.refusal("a.b.min_net", "4 bp") == "there is no strategy 'a.b'; there are: xemm")
        #expect(bench.refusal("", "4 bp").hasPrefix("'' names no parameter"))
        #expect(bench.core.changes(of: StrategyID(0)).isEmpty)
    }

    @Test func `a journal tells a change by name and value, or by what it knows`() throws {
        let bench = try Desk()
        let change = try bench.desk.change("max_inventory", to: "3", in: bench.core).change
        let entry = JournalEntry.operator(.set(change), at: Timestamp(nanoseconds: 1))
        #expect(bench.names.tell(entry).text == "←  operator  says set  max_inventory 3")
        #expect(JournalNames(nil).tell(entry).text == "←  operator  says set  parameter number \(change.parameter + 1)")
    }

    @Test func `a value is read as a scenario would write it`() throws {
        let specification = ParameterSpecification(
            "hold", .durationRange(0...3_600_000_000_000), default: ["1 s", "2 s"], isLiveUpdatable: true, "")
        #expect(try specification.value(text: "[\"60 s\", 90 s]") == .durationRange(.seconds(60), .seconds(90)))
        #expect(throws: ParameterError.self) { try specification.value(text: "[60 s, [90 s]]") }
        #expect(throws: ParameterError.self) { try specification.value(text: "60 s") }
    }
}
