import JSON
import Reward
import Testing

/// Bytes flipped, cut and doubled in sound tasks, responses and files: everything gets a verdict or an error, nothing stops the
/// process.
@Suite struct HostileInputTests {
    private static let seeds: [(kind: String, payload: String, response: String)] = [
        ("numeric", #"{"answer":-3.5e1,"tolerance":0.5,"relative":1e-3,"boxed":true}"#, #"\boxed{-35.0}"#),
        ("choice", #"{"answer":"B","labels":["A","B"],"texts":["Rome","Bonn"]}"#, "(B) Bonn."),
        ("regex", #"{"pattern":"(a|[b-d]{2,3})*\\d+?$","match":"search","tag":"t"}"#, "<t>abbc7</t>"),
        ("format", #"{"tags":["think","answer"],"opened":false}"#, "<think>a</think><answer>b</answer>"),
        (
            "json-schema",
            #"{"schema":{"type":"object","properties":{"a":{"anyOf":[{"minimum":1},{"pattern":"^x"}]}}},"answer":{"a":2}}"#,
            #"{"a":2.0}"#
        ),
        ("sorted", #"{"items":[3,1,2],"order":"descending"}"#, "[3, 2, 1]"),
        ("permutation", #"{"items":["a","b"]}"#, "b a"),
        ("letter-count", #"{"word":"banana","letter":"a"}"#, "3"),
        ("arithmetic-chain", #"{"expression":"17-4*(3+1)"}"#, "1"),
        ("linear-equation", #"{"a":3,"b":4,"c":-2,"d":19}"#, "x = 3"),
        ("base-conversion", #"{"digits":"ff","from":16,"to":2}"#, "0b11111111"),
        ("countdown", #"{"numbers":[3,5,8],"target":29}"#, "8*3+5"),
        ("exact", #"{"answer":"Paris","marker":":"}"#, "it is: Paris"),
        (
            "composite",
            #"{"parts":[{"kind":"exact","payload":{"answer":"a","tag":"answer"},"weight":0.5},{"kind":"format","gate":true}],"gate_score":-1}"#,
            "<think>b</think><answer>a</answer>"
        ),
    ]

    /// One to four random edits.
    private func mutated(_ text: String, _ random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...random.below(4) where !bytes.isEmpty {
            let place = random.below(bytes.count)
            switch random.below(5) {
            case 0: bytes[place] = UInt8(random.below(256))
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(random.element(of: Array(#"{}[]",:\^$*+?|()-.0189eE "#.utf8)), at: place)
            case 3: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
            default: bytes.swapAt(place, random.below(bytes.count))
            }
        }
        return bytes
    }

    /// Keys that look the same are one: a payload with both would be judged by whichever came last.
    @Test(arguments: ["{\"a\":1,\"a\":2}", "{\"\u{E9}\":1,\"e\u{301}\":2}"])
    func keysThatReadTheSameAreRefused(_ payload: String) {
        #expect(throws: JSONError.self) { try PayloadValue.parse(payload) }
    }

    @Test func verifiersAreTotal() {
        var random = SplitMix64(keys: 17)
        for seed in Self.seeds {
            #expect(judge(seed.kind, seed.payload, seed.response).score ?? -1 > 0, "\(seed.kind)")
            var unknown = 0
            for _ in 0..<1500 {
                let payload = mutated(seed.payload, &random)
                let response = String(decoding: mutated(seed.response, &random), as: UTF8.self)
                let verdict = VerifierRegistry.standard.verify(
                    response: response, task: VerificationTask(kind: seed.kind, payload: payload))
                if let score = verdict.score { #expect(score.isFinite) } else { unknown += 1 }
                // A sound task never blames itself for a response.
                let sound = VerificationTask(kind: seed.kind, payload: Array(seed.payload.utf8))
                #expect(VerifierRegistry.standard.verify(response: response, task: sound).score != nil)
            }
            #expect(unknown > 100, "\(seed.kind)")
        }
    }

    @Test func filesAreReadOrRefused() {
        var random = SplitMix64(keys: 18)
        let check = TaskCheck(registry: .standard)
        var (read, refused) = (0, 0)
        for seed in Self.seeds {
            var members = seed.payload
            members.removeFirst()
            let line =
                #"{"messages":[{"role":"user","content":"q é"}],"metadata":{"n":1e5},"verifier":{"kind":"\#(seed.kind)",\#(members)}"#
            for _ in 0..<500 {
                do {
                    _ = try DatasetFile(mutated(line, &random), path: "x", check: check)
                    read += 1
                } catch {
                    refused += 1
                }
            }
        }
        #expect(read > 100 && refused > 1000, "\(read) read, \(refused) refused")
    }
}
