import Glibc

// The double-precision functions that references are made of.
func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func cosineOf(_ x: Double) -> Double { cos(x) }
func sineOf(_ x: Double) -> Double { sin(x) }
