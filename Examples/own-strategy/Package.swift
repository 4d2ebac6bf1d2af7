// swift-tools-version: 6.2
import PackageDescription

// In a package of your own the dependency is a URL and a branch, or a path to where mmsim lies.
let package = Package(
    name: "own-strategy",
    dependencies: [.package(name: "mmsim", path: "../..")],
    targets: [
        .executableTarget(name: "own-strategy", dependencies: [.product(name: "Commands", package: "mmsim")])
    ])
