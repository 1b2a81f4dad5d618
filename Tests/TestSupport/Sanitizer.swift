import Glibc

/// The sanitizer that this program was built with, as far as a test has to know of it (`Ops/test.sh --sanitize`).
package enum Sanitizer {
    /// How it reports and what it is to leave out, as variables of the environment; empty without one.
    package static let options = ["ASAN_OPTIONS", "TSAN_OPTIONS"].compactMap { (name: String) in
        getenv(name).map { "\(name)=\(String(cString: $0))" }
    }

    /// How many times longer than usual a test waits for something before it gives it up.
    package static let patience: Double = options.isEmpty ? 1 : 5
}
