import Reward
import Testing

/// Asserts: what they can use, and what responses do to pass them without being right.
@Suite(.serialized, .enabled(if: CodeFixture.hasPython, "bubblewrap cannot contain Python programs on this machine"))
struct CodeAssertTests {
    static let add = #"{"asserts":["assert add(1, 2) == 3","assert add(20, 22) == 42"],"time_limit_seconds":1}"#
    static let right = Judgement(.correct(score: 1))

    @Test func aFunctionThatDoesWhatIsAssertedIsCorrect() async {
        #expect(await CodeFixture.judge("def add(a, b):\n    return a + b", Self.add) == Self.right)
    }

    @Test(arguments: [
        // Ending, raising, printing.
        "def add(a, b): return 0", "import sys; sys.exit(0)", "import os; os._exit(0)",
        "def add(a, b):\n    import os; os._exit(0)",
        "def add(a, b): raise SystemExit(0)", "def add(a, b): raise KeyboardInterrupt", "print('passed 2 2')", "x = 1",
        "def add(a, b): raise AssertionError", "def add(a, b):\n    while True: pass",
        "def add(a, b): return add(a, b)",
        // Objects that equal everything.
        """
        class Any(int):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __index__(self): return 3
            __hash__ = int.__hash__
        def add(a, b): return Any(7)
        """,
        """
        class Any:
            def __eq__(self, other): return True
        def add(a, b): return Any()
        """,
        // Changing the interpreter, or what the asserts use.
        """
        import builtins, json, sys, operator
        builtins.AssertionError = None
        operator.eq = lambda a, b: True
        json.loads = lambda text: {'value': True}
        sys.settrace(lambda *a: None)
        def add(a, b): return True
        """,
        // Talking to the other side itself: answers nobody asked for, too many, too large, too deep, no JSON at all.
        """
        import os, struct
        def frame(body): os.write(3, struct.pack('>I', len(body)) + body)
        for _ in range(100): frame(b'{"value": {"i": "0x3"}}')
        os._exit(0)
        """,
        "import os\nos.write(3, b'\\xff\\xff\\xff\\xff')\nos._exit(0)",
        "import os, struct\nb = b'[' * 1000000\nos.write(3, struct.pack('>I', len(b)))\nfor i in range(0, len(b), 4096): os.write(3, b[i:i+4096])",
        // Asking the other side for what it has.
        """
        import __main__
        def add(a, b):
            peer = __main__.server
            try: return peer.ask({'ask': 'get', 'name': 'asserts'})
            except Exception: pass
            try: return peer.ask({'ask': 'attribute', 'target': 0, 'name': '__globals__'})
            except Exception: return None
        """,
        // Looking for files and processes.
        """
        import glob, re
        def add(a, b):
            for path in glob.glob('/work/*') + glob.glob('/tmp/*') + glob.glob('/proc/*/cmdline') + glob.glob('/proc/*/environ'):
                try: text = open(path, errors='replace').read()
                except OSError: continue
                found = re.search('assert add' + r'\\(1, 2\\) == (\\d+)', text)
                if found: return int(found.group(1))
        """,
    ])
    func tricksAreWrong(_ program: String) async {
        let judgement = await CodeFixture.judge(program, Self.add)
        #expect(judgement.verdict == .wrong(score: 0), "\(program)\n\(judgement)")
    }

    @Test func valuesOfAllKindsArePassedOn() async {
        let task = """
            {"setup":"class Own: pass","asserts":[
              "for value in (None, True, 0, -1, 2**200, 1.5, float('inf'), 'é', b'x', (1, [2, {3}]), {1: {'a': (2,)}}, frozenset([1]), 1j, {}, ()):\\n  result = same(value)\\n  assert result == value and type(result) is type(value)",
              "assert math.isnan(same(float('nan')))", "assert apply(lambda x: x + 1, 41) == 42",
              "assert list(count(3)) == [0, 1, 2]", "p = Point(1, y=2)\\nassert p.x == 1 and p.norm() == 5 and str(p) == 'P' and p == Point(1, 2)",
              "p.x = 7\\nassert p.x == 7", "assert math.isclose(third(), 1 / 3)",
              "try:\\n  fail()\\n  assert False\\nexcept ValueError as error:\\n  assert str(error) == 'no'",
              "o = Own()\\nassert same(o) is o", "a = [3, 1]\\nassert same(a) == a and sorted(a) == [1, 3]"]}
            """
        let program = """
            import math
            def same(x): return x
            def apply(f, x): return f(x)
            def count(n): yield from range(n)
            class Point:
                def __init__(self, x, y): self.x, self.y = x, y
                def norm(self): return self.x ** 2 + self.y ** 2
                def __str__(self): return 'P'
                def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
            def third(): return 1 / 3
            def fail(): raise ValueError('no')
            """
        let judgement = await CodeFixture.judge(program, task)
        #expect(judgement == Self.right, "\(judgement)")
    }

    @Test func aProgramCannotReplaceWhatAssertsUse() async {
        let task =
            #"{"asserts":["assert all([f(1) == 2])","assert math.isclose(f(1), 2)","assert sorted([f(1)]) == [2]"]}"#
        let program = """
            class math:
                isclose = lambda *a: True
            all = sorted = lambda *a: [2]
            def f(x): return 1
            """
        #expect(await CodeFixture.judge(program, task).verdict == .wrong(score: 0))
    }

    @Test func onlyTheEntryIsTakenWhenItIsNamed() async {
        let task = #"{"asserts":["assert close(f(1), 2)"],"entry":["f"]}"#
        let program = "def close(a, b): return True\ndef f(x): return 1"
        #expect(await CodeFixture.judge(program, task).verdict == .wrong(score: 0))
    }

    @Test func testsOfTheHumanEvalKindRun() async {
        let task =
            #"{"setup":"def check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate([]) == 0","asserts":["check(total)"],"entry":["total"]}"#
        #expect(await CodeFixture.judge("def total(x): return sum(x)", task) == Self.right)
        #expect(await CodeFixture.judge("def total(x): return 3", task).verdict == .wrong(score: 0))
    }

    @Test func sharesOfAssertsAreGiven() async {
        let task = #"{"asserts":["assert f(1) == 1","assert f(2) == 9","assert f(3) == 3"],"partial":true}"#
        let judgement = await CodeFixture.judge("def f(x): return x", task)
        #expect(judgement.verdict == .wrong(score: 2.0 / 3.0))
    }
}
