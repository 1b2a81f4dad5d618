extension Canary {
    /// Reads `{"kind": …, "payload": {…}, "response": …, "verdict": "correct" | "wrong"}`; nil if it is something else.
    package init?(line: [UInt8]) {
        guard var reader = PayloadReader(line, limit: Self.maximumLineBytes), let kind = reader.string("kind"),
            let payload = reader.value("payload"), payload.object != nil, let response = reader.string("response"),
            let verdict = reader.string("verdict").flatMap(Expectation.init), reader.isExhausted
        else { return nil }
        self.init(
            task: VerificationTask(kind: kind, payload: payload.json), response: response, expected: verdict)
    }

    private static let maximumLineBytes = 1 << 20
}
