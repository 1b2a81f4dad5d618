import Foundation

/// exp, rounded once.
func exponential(_ x: Double) -> Float { Float(exp(x)) }
