/// Accepts the given items in order. Kind "sorted".
///
/// Payload: `{"items": [3, 1, 2], "order": "descending"}` and the keys of `AnswerRule`; `order` defaults to "ascending". Items
/// are whole numbers, in order of value, or texts, in order of their UTF-8 bytes. How lists are written: `ItemList.read`.
package struct SortedVerifier: Verifier {
    package static let kind = "sorted"
    package var kind: String { Self.kind }

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let items = reader.array("items").flatMap(ItemList.init)
        else { return .unknown(.malformedTask) }
        let order = reader.string("order") ?? "ascending"
        guard reader.isExhausted, ["ascending", "descending"].contains(order) else { return .unknown(.malformedTask) }
        guard let given = rule.answer(in: response).flatMap(items.read) else { return .wrong(score: 0) }
        return given == items.sorted(descending: order == "descending") ? .correct(score: 1) : .wrong(score: 0)
    }
}

/// Accepts the given items in any order, each as often as it is given. Kind "permutation".
///
/// Payload: `{"items": ["a", "b"]}` and the keys of `AnswerRule`; lists as in `SortedVerifier`.
package struct PermutationVerifier: Verifier {
    package let kind = "permutation"

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let items = reader.array("items").flatMap(ItemList.init), reader.isExhausted
        else { return .unknown(.malformedTask) }
        guard let given = rule.answer(in: response).flatMap(items.read) else { return .wrong(score: 0) }
        return given.sorted(descending: false) == items.sorted(descending: false)
            ? .correct(score: 1) : .wrong(score: 0)
    }
}
