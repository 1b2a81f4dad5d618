extension Setting {
    /// What the policy is asked to do.
    static let task: [Setting] = [
        Setting("task.kind", \.task.kind, .choice, "What the policy is asked to do, unless task.sources says."),
        Setting(
            "task.difficulty", \.task.difficulty,
            .optional(.integer(1...10), whenNull: "1, for countdown as task.countdown says"),
            "How hard its problems are."),
        Setting(
            sources: "task.sources", \.task.sources,
            "What the prompts are mixed from, instead of task.kind; the keys of an entry stand below."),
        Setting(
            "task.curriculum.advance_at", \.task.curriculum.advanceAt,
            .optional(.number(0...1, exclusive: true), whenNull: "all sources are open from the start"),
            "Begin with the first of task.sources; open the next when this share of the newest one's responses is correct."
        ),
        Setting(
            "task.curriculum.window_groups", \.task.curriculum.windowGroups, .integer(1...100_000),
            "Groups of the newest source, the most recent ones, over which that share is taken."),
        Setting(
            "task.external_verifiers", \.task.externalVerifiers, .text("kinds, separated by blanks") { _ in true },
            "Kinds of tasks in files that only verifiers outside of this program judge."),
        Setting(
            "task.unknown_alarm_share", \.task.unknownAlarmShare, .number(0...1),
            "The learner warns when more than this share of a batch's worth of verdicts is unknown; 1 for never."
        ),
        Setting(
            "task.countdown.numbers_minimum", \.task.countdown.numbersMinimum, .integer(2...6),
            "Fewest numbers in a problem."),
        Setting(
            "task.countdown.numbers_maximum", \.task.countdown.numbersMaximum, .integer(2...6),
            "Most numbers in a problem."),
        Setting(
            "task.countdown.number_minimum", \.task.countdown.numberMinimum, .integer(1...1000),
            "Smallest number given."),
        Setting(
            "task.countdown.number_maximum", \.task.countdown.numberMaximum, .integer(1...1000), "Largest number given."
        ),
        Setting(
            "task.countdown.target_minimum", \.task.countdown.targetMinimum, .integer(0...1_000_000), "Smallest target."
        ),
        Setting(
            "task.countdown.target_maximum", \.task.countdown.targetMaximum, .integer(0...1_000_000), "Largest target."),
        Setting(
            "task.countdown.operators", \.task.countdown.operators,
            .text("some of + - * /, each at most once") { text in
                !text.isEmpty && text.allSatisfy { "+-*/".contains($0) } && Set(text).count == text.count
            },
            "Operators a problem is built from; answers may use all four."),
        Setting(
            "task.countdown.used_minimum", \.task.countdown.usedMinimum, .integer(2...6),
            "Fewest numbers used by the solution that a problem is made for; fewer than given leaves distractors."),
        Setting(
            "task.countdown.used_maximum", \.task.countdown.usedMaximum, .integer(2...6),
            "Most numbers used by it."),
        Setting(
            "task.countdown.requires_all", \.task.countdown.requiresAll, .boolean,
            "Whether an answer must use every number, rather than each at most once."),
    ]
}
