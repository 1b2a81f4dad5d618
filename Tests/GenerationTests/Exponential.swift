import Foundation

func exponential(_ x: Float) -> Float { exp(x) }
