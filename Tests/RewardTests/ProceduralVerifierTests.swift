import Reward
import Testing

@Suite struct ProceduralVerifierTests {
    @Test func sortedLists() {
        let numbers = #"{"items":[3,-1,3,10]}"#
        for response in ["-1 3 3 10", "[-1, 3, 3, 10]", "-1,3,3,10", "(-1; 3; 3; 10)", "-1\n3\n3\n10"] {
            #expect(judge("sorted", numbers, response) == .right)
        }
        for response in ["-1 3 10 3", "-1 3 10", "-1 3 3 10 10", "", "-1 3 3 ten", "-1,,3,3,10", "[-1 3 3 10"] {
            #expect(judge("sorted", numbers, response) == .wrong)
        }
        #expect(judge("sorted", #"{"items":[1,2],"order":"descending"}"#, "2 1") == .right)
        #expect(judge("sorted", #"{"items":["b","a","B"]}"#, #"["B", "a", 'b']"#) == .right)
        #expect(judge("sorted", #"{"items":["é","e"]}"#, "e é") == .right)
        #expect(judge("sorted", #"{"items":["new york","a"]}"#, "a, new york") == .unknown(.malformedTask))
    }

    @Test func permutations() {
        #expect(judge("permutation", #"{"items":["a","b","a"]}"#, "b, a, a") == .right)
        #expect(judge("permutation", #"{"items":["a","b","a"]}"#, "b, a, b") == .wrong)
        #expect(judge("permutation", #"{"items":[1,2,3]}"#, "3 1 2") == .right)
        #expect(judge("permutation", #"{"items":[1,2,3]}"#, "3 1") == .wrong)
    }

    @Test(arguments: [
        "{}", #"{"items":[]}"#, #"{"items":[1,"a"]}"#, #"{"items":["a,b"]}"#, #"{"items":[""]}"#, #"{"items":[1.5]}"#,
        #"{"items":[1],"order":"up"}"#,
    ])
    func malformedListsAreUnknown(_ payload: String) {
        #expect(judge("sorted", payload, "1") == .unknown(.malformedTask))
        if !payload.contains("order") { #expect(judge("permutation", payload, "1") == .unknown(.malformedTask)) }
    }

    @Test func letterCounts() {
        let task = #"{"word":"Strawberry","letter":"R"}"#
        #expect(judge("letter-count", task, "3") == .right)
        #expect(judge("letter-count", #"{"word":"abc","letter":"z"}"#, "0") == .right)
        for response in ["2", "three", "", "3 r", "3.0", String(repeating: "3", count: 100_000)] {
            #expect(judge("letter-count", task, response) == .wrong)
        }
        for payload in [
            "{}", #"{"word":"a","letter":"ab"}"#, #"{"word":"","letter":"a"}"#, #"{"word":1,"letter":"a"}"#,
        ] {
            #expect(judge("letter-count", payload, "0") == .unknown(.malformedTask))
        }
        let long = String(repeating: "a", count: 5000)
        #expect(judge("letter-count", #"{"word":"\#(long)","letter":"a"}"#, "5000") == .unknown(.unsupported))
    }

    @Test func arithmeticChains() {
        #expect(judge("arithmetic-chain", #"{"expression":"17-4*3+1"}"#, "6") == .right)
        #expect(judge("arithmetic-chain", #"{"expression":"3-10"}"#, "-7") == .right)
        #expect(judge("arithmetic-chain", #"{"expression":"3-10"}"#, "7") == .wrong)
        #expect(judge("arithmetic-chain", #"{"expression":"2*3"}"#, "2*3") == .wrong)
        #expect(judge("arithmetic-chain", #"{"expression":"2*(3"}"#, "6") == .unknown(.malformedTask))
        #expect(judge("arithmetic-chain", #"{"expression":"7/2"}"#, "3.5") == .unknown(.unsupported))
        #expect(judge("arithmetic-chain", #"{"expression":"7/0"}"#, "0") == .unknown(.unsupported))
        let huge = Array(repeating: "999999999", count: 8).joined(separator: "*")
        #expect(judge("arithmetic-chain", #"{"expression":"\#(huge)"}"#, "1") == .unknown(.unsupported))
    }

    @Test func linearEquations() {
        let whole = #"{"a":3,"b":4,"c":0,"d":19}"#
        for response in ["5", "x=5", "x = 5.0", "10/2", "x = 10 / 2"] {
            #expect(judge("linear-equation", whole, response) == .right)
        }
        for response in ["6", "", "x", "y=5", "x=5 or x=6", "5/0", "-5", "9e99"] {
            #expect(judge("linear-equation", whole, response) == .wrong)
        }
        let third = #"{"a":5,"b":1,"c":2,"d":2}"#
        #expect(judge("linear-equation", third, "1/3") == .right)
        #expect(judge("linear-equation", third, "0.333333333333333333") == .wrong)
        for payload in ["{}", #"{"a":1,"b":1,"c":1,"d":2}"#, #"{"a":1.5,"b":1,"c":1,"d":2}"#] {
            #expect(judge("linear-equation", payload, "1") == .unknown(.malformedTask))
        }
        #expect(judge("linear-equation", #"{"a":10000000,"b":1,"c":1,"d":2}"#, "1") == .unknown(.unsupported))
    }

    @Test func baseConversions() {
        let task = #"{"digits":"ff","from":16,"to":2}"#
        for response in ["11111111", "0b11111111", "0011111111"] {
            #expect(judge("base-conversion", task, response) == .right)
        }
        for response in ["1111111", "255", "0x11111111", "", "0b", String(repeating: "1", count: 100_000)] {
            #expect(judge("base-conversion", task, response) == .wrong)
        }
        #expect(judge("base-conversion", #"{"digits":"255","from":10,"to":16}"#, "0xFF") == .right)
        for payload in [
            "{}", #"{"digits":"2","from":2,"to":10}"#, #"{"digits":"1","from":1,"to":10}"#,
            #"{"digits":"","from":2,"to":10}"#, #"{"digits":"é","from":36,"to":10}"#,
        ] {
            #expect(judge("base-conversion", payload, "2") == .unknown(.malformedTask))
        }
        let long = String(repeating: "z", count: 100)
        #expect(judge("base-conversion", #"{"digits":"\#(long)","from":36,"to":2}"#, "1") == .unknown(.unsupported))
    }
}
