import CWire

extension Failure: WireBody {
    init(_ packed: Apus__V1__Failure, _ tensors: inout TensorReader) throws(WireError) {
        self.init(
            code: try FailureCode(wire: packed.code, "failure.code"),
            message: try Read.note(packed.message, "failure.message"))
    }

    func validate() throws(WireError) {}

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Failure> {
        arena.make(apus__v1__failure__init) {
            $0.code = code.wire
            $0.message = arena.note(message)
        }
    }
}
