/// A problem that was made, not found: its two ways of being asked, one answer that is right, and how to judge any answer.
package struct ProceduralProblem: Sendable, Equatable {
    /// The problem whatever the way it is put; two problems with the same name are the same problem.
    package let name: String
    /// As short as can be, for policies over bytes: "17-4*3=".
    package let terse: String
    /// A sentence, for policies that read.
    package let question: String
    /// A right answer, in the shortest form.
    package let solution: String
    package let verification: VerificationTask
    /// How much there is to do, in the unit that the task's difficulty moves.
    package let size: Int

    /// Which part of all problems this one belongs to: it depends on the name alone, on no seed and no setting, so training and
    /// evaluation are disjoint across all runs.
    package var split: TaskSplit { TaskSplit(ofProblemNamed: name) }
}

/// How problems are put to the policy.
package enum PromptStyle: String, Sendable, CaseIterable {
    case terse
    case words
}

extension TaskSplit {
    /// One problem in `bucketCount` is held out, by the hash of its name.
    init(ofProblemNamed name: String) {
        self = SplitMix64.mix(TextHash.of(name.utf8)) % TaskSplit.bucketCount == 0 ? .evaluation : .training
    }
}

/// FNV-1a, 64 bits: the same on every machine and forever.
enum TextHash {
    static func of(_ bytes: some Sequence<UInt8>, after hash: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        bytes.reduce(hash) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
