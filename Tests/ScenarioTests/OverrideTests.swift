import Market
import Scenario
import Testing
import Trading

@Suite struct OverrideTests {
    @Test func `the file yields to the environment, and that to the command line`() throws {
        let environment = ["MMSIM_SET__seed": "8", "MMSIM_SET__accounts__M__maker_fee": "1 bp", "HOME": "/", "MMSIM_SETTING": "x"]
        let scenario = try Demo.resolve(
            Demo.text, environment: environment, overrides: ["seed=9", "strategy.parameters.hold=[\"3 min\", \"4 min\"]", "seed=10"])
        #expect(scenario.seed == 10)
        #expect(scenario.account("M")?.makerFee == Rate(basisPoints: 1))
        #expect(scenario.strategy.parameters.values["hold"] == .durationRange(.minutes(3), .minutes(4)))
        #expect(
            scenario.overrides.map { "\($0.source): \($0.key) = \($0.value)" } == [
                "MMSIM_SET__accounts__M__maker_fee: accounts.M.maker_fee = 1 bp", "MMSIM_SET__seed: seed = 8", "--set: seed = 9",
                "--set: strategy.parameters.hold = [\"3 min\", \"4 min\"]", "--set: seed = 10",
            ])
    }

    @Test func `an overridden scenario is the one with that text`() throws {
        let overridden = try Demo.resolve(Demo.text, overrides: ["seed=9", "rates.USDT/USD=0.999", "risk.stale_after=1 s"])
        let written = try Demo.resolve(
            Demo.text.replacing("seed: 7", with: "seed: 9").replacing("USD: \"1\"", with: "USD: \"0.999\"")
                .replacing("stale_after: \"5 s\"", with: "stale_after: \"1 s\""))
        #expect(overridden.canonicalText == written.canonicalText)
    }

    @Test func `sections that the file lacks may be set`() throws {
        let scenario = try Demo.resolve(
            Demo.removing("report"), overrides: ["report.returns=additive", "report={capital: 5 USD}", "report.returns=compounding"])
        #expect(scenario.returns == .compounding)
        #expect(scenario.capital?.nanos == 5_000_000_000)
    }

    @Test(arguments: [
        (["seed"], ["--set: 'seed' is not KEY=VALUE (write --set strategy.name=xemm)"]),
        (["=1"], ["--set: '' is not a key (name it from the top, such as strategy.name)"]),
        (["a..b=1"], ["--set: a..b: 'a..b' is not a key (name it from the top, such as strategy.name)"]),
        (["seed=[1"], ["--set: seed: '[1' can't be read (check its quotes and brackets)"]),
        (["seed="], ["--set: seed: it must be one value"]),
        (["sede=1"], ["--set: sede: there is no such key (did you mean 'seed'?)"]),
        (["seed.x=1"], ["--set: seed: it must be one value"]),
        (["risk.stale_after=5"], ["--set: risk.stale_after: '5' has no unit (write \"5 ms\", with ms, s, min, h or d)"]),
        (["risk={stale_after: 5}"], ["--set: risk.stale_after: '5' has no unit (write \"5 ms\", with ms, s, min, h or d)"]),
        (
            ["venues.third.sync=touch"],
            ["--set: venues.third.feed: it is missing (The recorded venue, as `mmsim tape info` names it.)"]
        ),
        (
            ["accounts.M.collateral=[1 BTC, 2]"],
            ["--set: accounts.M.collateral: '2' has no currency (write \"2 USD\", or another currency or token)"]
        ),
        (
            ["seed", "seed=x"],
            ["--set: seed: 'x' is not a whole number", "--set: 'seed' is not KEY=VALUE (write --set strategy.name=xemm)"]
        ),
    ])
    func `a wrong override is shown by where it came from`(overrides: [String], complaints: [String]) {
        #expect(Demo.complaints(Demo.text, overrides: overrides) == complaints)
    }

    @Test func `the environment's mistakes name the variable, the file's keep their place`() {
        #expect(
            Demo.complaints(
                Demo.setting("reporting", to: "usd"), environment: ["MMSIM_SET__risk__stale_after": "5", "MMSIM_SET__": "1"]) == [
                    "61:12: reporting: 'usd' is not a currency (such as USD, USDC or BTC)",
                    "MMSIM_SET__risk__stale_after: risk.stale_after: '5' has no unit (write \"5 ms\", with ms, s, min, h or d)",
                    "MMSIM_SET__: '' is not a key (name it from the top, such as strategy.name)",
                ])
    }

    @Test func `an override mends what is wrong in the file`() throws {
        #expect(try Demo.resolve(Demo.setting("seed", to: "x"), overrides: ["seed=3"]).seed == 3)
    }
}
