// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: Swift 6 mode, explicit existentials and imports, no warning tolerated.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let bigInt = Target.Dependency.product(name: "BigInt", package: "BigInt")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies + [arguments], swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// What the commands of the four roles share.
let role: [Target.Dependency] = [
    "Session", "Transport", "Wire", "Telemetry", "Configuration", logging, lifecycle,
]

let package = Package(
    name: "Apus",
    products: [
        .executable(name: "learner", targets: ["LearnerCommand"]),
        .executable(name: "rollout-worker", targets: ["RolloutWorkerCommand"]),
        .executable(name: "reward-verifier", targets: ["RewardVerifierCommand"]),
        .executable(name: "parameter-broadcaster", targets: ["ParameterBroadcasterCommand"]),
        .executable(name: "apus", targets: ["ApusCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C, and libraries of the system. None uses pkg-config: libzmq's file holds a flag that SwiftPM refuses.
        .target(name: "CKernels"),
        .target(name: "CLinux"),
        .systemLibrary(name: "COpenBLAS"),
        .systemLibrary(name: "CZeroMQ"),
        .systemLibrary(name: "CProtobufC"),
        .target(name: "CWire", dependencies: ["CProtobufC"]),
        .target(name: "CZeroMQRepair", linkerSettings: [.linkedLibrary("zmq")]),
        .target(name: "CSandbox", linkerSettings: [.linkedLibrary("seccomp")]),

        // Modules, lowest first; each imports only those above it.
        module("Execution"),
        module("JSON"),
        module("Tensor", ["CKernels", "Execution"]),
        module("Model", ["Tensor", "CKernels", "JSON", crypto]),
        module("Generation", ["Model", "Tensor", "CKernels"]),
        module("Objective"),
        module("Sandbox", ["CSandbox", "Execution"]),
        module("MathAnswers", [bigInt]),
        module("Reward", ["Execution", "JSON", "MathAnswers", "Sandbox"]),
        module("Telemetry", ["CLinux", "Execution", "JSON", logging]),
        module("Configuration", ["Yams"]),
        module("RunStore", ["Execution", "JSON", sqlite]),
        module("RunReport", ["RunStore", "Telemetry", crypto]),
        module("Wire", ["CWire", "CProtobufC", "CKernels"]),
        module("Transport", ["Wire", "CZeroMQ", "CZeroMQRepair", "Execution", deque, heap]),
        module(
            "Session",
            [
                "Transport", "Wire", "Telemetry", "Configuration", "Execution", arguments, crypto, lifecycle, logging,
                signals,
            ]),

        // Roles: none imports another.
        module("RolloutWorker", role + ["Generation", "Model", "Tensor", "Execution"]),
        module("RewardVerifier", role + ["Reward", "Execution"]),
        module("ParameterBroadcaster", role),
        module("Learner", role + ["Model", "Objective", "Reward", "RunStore", "Tensor", "Execution", "JSON"]),

        command("RolloutWorkerCommand", role + ["RolloutWorker"]),
        command("RewardVerifierCommand", role + ["RewardVerifier", "Reward", "Sandbox"]),
        command("ParameterBroadcasterCommand", role + ["ParameterBroadcaster"]),
        command("LearnerCommand", role + ["Learner", "Model", "Reward", "RunStore"]),
        command(
            "ApusCommand",
            [
                "CKernels", "COpenBLAS", "Configuration", "Generation", "JSON", "Learner", "Model", "Reward",
                "RunReport", "RunStore", "Sandbox", "Telemetry", "Tensor", "Transport", "Wire", crypto, logging,
            ]),

        .executableTarget(
            name: "chaos-proxy", dependencies: ["Execution", arguments], path: "Tests/ChaosProxy",
            swiftSettings: settings),
        .executableTarget(
            name: "fuzz",
            dependencies: ["Configuration", "Model", "Reward", "Telemetry", "TestSupport", "Wire", arguments],
            path: "Tests/Fuzz", exclude: ["Corpora"], swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["Execution"], path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "ModelTestSupport", dependencies: ["Model", "Tensor", "TestSupport"], path: "Tests/ModelTestSupport",
            swiftSettings: settings),
        tests("KernelTests", ["CKernels"]),
        tests("JSONTests", ["JSON", "TestSupport"]),
        tests("ExecutionTests", ["Execution"]),
        tests("TensorTests", ["Tensor", "CKernels", "Execution", "TestSupport"]),
        tests("CheckpointTests", ["Model", "JSON", "TestSupport", crypto]),
        tests("TokenizerTests", ["Model", "JSON", "TestSupport"]),
        tests("ModelTests", ["Model", "Objective", "Tensor", "CKernels", "ModelTestSupport", "TestSupport"]),
        tests("GenerationTests", ["Generation", "Model", "Tensor", "ModelTestSupport", "TestSupport"]),
        tests("ObjectiveTests", ["Objective"]),
        tests("SandboxTests", ["Sandbox", "TestSupport"]),
        tests("MathAnswersTests", ["MathAnswers"]),
        tests("RewardTests", ["Reward", "Sandbox", "Execution", "JSON", "TestSupport"]),
        tests("TelemetryTests", ["Telemetry", logging]),
        tests("ConfigurationTests", ["Configuration"]),
        tests("RunStoreTests", ["RunStore", "TestSupport", sqlite]),
        tests("RunReportTests", ["RunReport", "RunStore", "Telemetry", "TestSupport", crypto]),
        tests("WireTests", ["Wire"]),
        tests("TransportTests", ["Transport", "Wire", "Execution", "CZeroMQ", "TestSupport"]),
        tests(
            "SessionTests",
            [
                "Session", "Configuration", "Execution", "Model", "ModelTestSupport", "Telemetry", "TestSupport",
                "Transport", "Wire", logging,
            ]),
        tests("RolloutWorkerTests", ["RolloutWorker", "Wire", "TestSupport"]),
        tests("RewardVerifierTests", ["RewardVerifier", "Reward", "Wire"]),
        tests(
            "LearnerTests",
            [
                "Learner", "Configuration", "Model", "Tensor", "Objective", "RunStore", "Wire", "ModelTestSupport",
                "TestSupport",
            ]),
        tests("ApusCommandTests", ["JSON", "Model", "ModelTestSupport"]),
        tests(
            "SystemTests", ["CKernels", "CZeroMQ", "RunStore", "Telemetry", "TestSupport", "Transport", "Wire", sqlite]),
        tests("OperationsTests", ["Execution", "TestSupport"], exclude: ["Fakes"]),
    ],
    cLanguageStandard: .c17
)
