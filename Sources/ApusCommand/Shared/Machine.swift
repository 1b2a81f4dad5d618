import Foundation

/// The machine a command runs on.
enum Machine {
    /// Cores this process may use.
    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }
}
