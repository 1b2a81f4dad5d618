import Foundation
import TestSupport
import Testing

/// The scripts of Ops/ that users start, on fake executables: what they report, and that they clean up.
@Suite(.serialized) @BlockingThread
struct OpsTests {
    @Test func quickstartReportsTheGainAndStopsTheCluster() throws {
        try ClusterFixture.with { cluster in
            let output = try cluster.succeed("Ops/quickstart.sh", "--no-build", "--steps", "3")
            for line in [
                "accuracy before   25.0 %  (64 of 256 answers to held-out prompts)",
                "accuracy after    75.0 %  (192 of 256 answers to held-out prompts)",
                "gain             +50.0 points", "following \(cluster.runs)/fake",
                "exported model   \(cluster.runs)/fake/export", "logs             \(cluster.runs)/fake/logs",
            ] {
                #expect(output.split(separator: "\n").contains { $0 == line }, "\(line)\nin\n\(output)")
            }
            #expect(cluster.processes().isEmpty)
            let calls = try String(contentsOfFile: cluster.directory + "/apus-calls", encoding: .utf8)
            #expect(calls.hasPrefix("evaluate --model starter/policy --config Cluster/configs/quickstart.yaml"))
        }
    }

    @Test func theControlRunHasNoAdvantages() throws {
        try ClusterFixture.with { cluster in
            try cluster.succeed("Ops/quickstart.sh", "--no-build", "--control")
            let calls = try String(contentsOfFile: cluster.directory + "/apus-calls", encoding: .utf8)
            #expect(calls.contains("--set objective.advantage=zero"))
            #expect(cluster.exists("runs/quickstart-control/config.yaml"))
        }
    }

    @Test func anyConfigurationCanBeTheBase() throws {
        try ClusterFixture.with { cluster in
            try cluster.succeed(
                "Ops/quickstart.sh", "--no-build", "--config", "more.yaml", "--control", "--base", "dir/mine.yaml")
            let calls = try String(contentsOfFile: cluster.directory + "/apus-calls", encoding: .utf8)
            #expect(calls.hasPrefix("evaluate --model starter/policy --config dir/mine.yaml --config more.yaml --set"))
            #expect(!calls.contains("quickstart.yaml") && calls.contains("--set run.name=mine-control"))
        }
    }

    @Test func aRunThatDiesIsReportedAndCleanedUp() throws {
        try ClusterFixture.with { cluster in
            try cluster.write("exit 1", to: "follow")
            let result = try cluster.script("Ops/quickstart.sh", "--no-build")
            #expect(result.status == 1)
            #expect(
                result.output.contains("quickstart.sh: the run ended early; its logs are in \(cluster.runs)/fake/logs"))
            #expect(cluster.processes().isEmpty)
        }
    }

    @Test func anInterruptBringsTheClusterDown() throws {
        try ClusterFixture.with { cluster in
            // The follower signals the script that called it, as a terminal would at Ctrl-C.
            try cluster.write("kill -TERM $PPID; sleep 0.3", to: "follow")
            let result = try cluster.script("Ops/quickstart.sh", "--no-build")
            #expect(result.status == 130)
            #expect(cluster.processes().isEmpty)
            #expect(cluster.state("learner")?.state == "stopped")
        }
    }

    @Test(arguments: ["quickstart", "setup", "test", "build", "throughput"])
    func everyScriptExplainsItself(name: String) throws {
        try ClusterFixture.with { cluster in
            let help = try cluster.succeed("Ops/\(name).sh", "--help")
            #expect(help.hasPrefix("\(name).sh - ") && help.contains("usage: Ops/\(name).sh"))
        }
    }

    @Test func setUpIsDoneAlready() throws {
        try ClusterFixture.with { cluster in
            // Without a Swift toolchain in PATH it says where to get one.
            let result = try cluster.script("Ops/setup.sh")
            let hasSwift = ["/usr/local/bin", "/usr/bin", "/bin"].contains {
                FileManager.default.fileExists(atPath: $0 + "/swift")
            }
            #expect(result.status == (hasSwift ? 0 : 1), "\(result.output)")
            #expect(hasSwift || result.output.contains("Swift"))
        }
    }
}
