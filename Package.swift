// swift-tools-version: 6.2
import PackageDescription

// Targets are the layers of the system: imports point only downwards, in the order of this list read from its end.
// `Tests/TidyTests` reads the lists below and fails on an import they do not allow.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // Specialises generics across targets: the hot loop crosses four of them.
    // Exclusive access is checked in debug builds, which the tests run; checking it again per record costs half of the speed.
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")

let package = Package(
    name: "mmsim",
    products: [
        .executable(name: "mmsim", targets: ["mmsim"]),
        .executable(name: "mmsim-live", targets: ["mmsim-live"]),
        .executable(name: "workload", targets: ["workload"]),
        // What a package with strategies of its own imports.
        .library(name: "Commands", targets: ["Commands", "Strategies", "Trading", "Market"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // For what needs the network alone: `mmsim` itself builds neither.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        // System libraries.
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CZstd"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CCSV"),
        .systemLibrary(name: "CCrypto"),
        .systemLibrary(name: "CSecp256k1"),
        .systemLibrary(name: "CSodium"),

        // Values and decisions: nothing here opens a file, reads a clock or draws entropy (Tape: its file).
        layer("Market"),
        layer("Signing", ["CCrypto", "CSecp256k1", "CSodium"]),
        layer("Trading", ["Market", "Signing"]),
        layer("Tape", ["Market", "Signing", "CSQLite", "CZstd"]),
        layer("Strategies", ["Market", "Trading"]),
        layer("Venues", ["Market", "Signing", "Trading"]),
        layer("Simulation", ["Market", "Trading", "Venues"]),
        layer("VenueServers", ["Market", "Signing", "Trading", "Venues", "Simulation"]),

        // A run without a socket.
        layer("Feeds", ["Market", "Tape", "Signing", "Venues", "CCSV", "CZlib"]),
        layer("Scenario", ["Market", "Trading", "Signing", yams]),
        layer("Metrics", ["Market", "Trading"]),
        layer(
            "Runtime",
            ["Market", "Signing", "Trading", "Tape", "Strategies", "Venues", "Simulation", "VenueServers", "Feeds", "Scenario", "Metrics"]),
        layer("Report", ["Market", "Signing", "Trading", "Tape", "Simulation", "Metrics", "Runtime"]),
        layer("Research", ["Market", "Tape", "Feeds", "Simulation"]),
        layer(
            "Commands",
            [
                "Signing", "Market", "Trading", "Tape", "Feeds", "Simulation", "Scenario", "Strategies", "Runtime", "Report", "Research",
                "Metrics", argumentParser,
            ]),
        .executableTarget(name: "mmsim", dependencies: ["Commands"], swiftSettings: strict),

        // The only layer that opens a socket.
        layer("Network", ["Venues", nioCore, nioPosix, nioHTTP1, nioWebSocket, nioTLS, nioSSL]),
        layer(
            "Live",
            [
                "Market", "Signing", "Trading", "Tape", "Strategies", "Venues", "Simulation", "VenueServers", "Scenario", "Runtime",
                "Network", nioCore, nioPosix,
            ]),
        layer(
            "LiveCommands",
            [
                "Signing", "Market", "Trading", "Tape", "Strategies", "Scenario", "Venues", "VenueServers", "Runtime", "Report", "Network",
                "Live", "Commands", argumentParser,
            ]),
        .executableTarget(name: "mmsim-live", dependencies: ["LiveCommands"], swiftSettings: strict),

        .target(
            name: "CommonWorkload", dependencies: ["Market", "Trading", "Simulation", "Metrics", "Runtime"], path: "Benchmarks/Common",
            swiftSettings: strict),
        .executableTarget(
            name: "workload", dependencies: ["CommonWorkload", "Market", "Trading", "Simulation", "Tape", "Runtime"],
            path: "Benchmarks/workload", swiftSettings: strict),

        .executableTarget(
            name: "tapebench", dependencies: ["Tape", "Market"], path: "Benchmarks/tape", exclude: ["run"], swiftSettings: strict),
        .executableTarget(
            name: "wirebench", dependencies: ["Venues", "Trading", "Signing", "Market"], path: "Benchmarks/wire", exclude: ["run"],
            swiftSettings: strict),
        .executableTarget(name: "signbench", dependencies: ["Signing"], path: "Benchmarks/signing", swiftSettings: strict),
        .executableTarget(
            name: "latencybench",
            dependencies: ["Market", "Signing", "Trading", "Venues", "Runtime", "Network", "Live", nioCore, nioPosix],
            path: "Benchmarks/latency", exclude: ["run", "allocations.c"], swiftSettings: strict),

        // Tests mirror the layers.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        tests("MarketTests", ["TestSupport", "Market"]),
        tests("SigningTests", ["TestSupport", "Signing"]),
        tests("TradingTests", ["TestSupport", "Trading", "Market"]),
        // What the crash tests kill.
        .executableTarget(
            name: "tapewriter", dependencies: ["Tape", "Market"], path: "Tests/TapeWriterProgram", swiftSettings: strict),
        tests("TapeTests", ["TestSupport", "tapewriter", "Tape", "Signing", "Market"]),
        tests("VenuesTests", ["TestSupport", "Venues", "Trading", "Signing", "Market"]),
        tests("VenueServersTests", ["TestSupport", "VenueServers", "Venues", "Simulation", "Trading", "Signing", "Market"]),
        tests("FeedsTests", ["TestSupport", "Feeds", "Venues", "Tape", "Market"]),
        tests("SimulationTests", ["TestSupport", "Simulation", "Venues", "Trading", "Market"]),
        tests("StrategiesTests", ["TestSupport", "Strategies", "Trading", "Market", "Simulation"]),
        tests("ScenarioTests", ["TestSupport", "Scenario", "Trading", "Market"]),
        tests("MetricsTests", ["TestSupport", "Metrics", "Trading", "Market"]),
        tests(
            "RuntimeTests",
            [
                "TestSupport", "Report", "Runtime", "Scenario", "Simulation", "Strategies", "VenueServers", "Venues", "Signing", "Feeds",
                "Tape", "Trading", "Market", "Metrics",
            ]),
        tests("ReportTests", ["TestSupport", "Report", "Runtime", "Metrics", "Tape", "Trading", "Market"]),
        tests("ResearchTests", ["TestSupport", "Research", "Simulation", "Feeds", "Tape", "Trading", "Market"]),
        tests("CommandsTests", ["TestSupport", "Commands"]),
        tests("NetworkTests", ["TestSupport", "Network", "Venues", nioCore, nioPosix, nioHTTP1, nioWebSocket]),
        tests(
            "LiveTests",
            [
                "TestSupport", "Live", "LiveCommands", "Network", "Runtime", "Scenario", "Strategies", "Venues", "Signing", "Tape",
                "Trading", "Market", nioCore, nioPosix,
            ]),
        tests("WorkloadTests", ["CommonWorkload", "Signing", "Simulation", "Trading", "Runtime", "Market"]),
        tests("TidyTests", []),
    ]
)
