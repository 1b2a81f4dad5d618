import JSON

extension ChatTemplate {
    /// The template that a model directory's own Jinja text is, recognised by what sets the publishers' apart; nil when it is
    /// none of these or the directory has none.
    package init?(of directory: ModelDirectory) {
        guard let text = Self.publishedText(directory.companions) else { return nil }
        let markers: [(template: ChatTemplate, text: String)] = [
            (.qwen3, "enable_thinking"), (.smollm2, "named SmolLM"),
            (.qwen25, "You are Qwen, created by Alibaba Cloud"),
            (.qwen2, "You are a helpful assistant"),
        ]
        guard text.contains(ChatRendering.turnStart), let known = markers.first(where: { text.contains($0.text) })
        else {
            return nil
        }
        self = known.template
    }

    /// From chat_template.jinja, or the member of tokenizer_config.json that it replaced.
    private static func publishedText(_ files: [String: [UInt8]]) -> String? {
        if let template = files["chat_template.jinja"] { return String(decoding: template, as: UTF8.self) }
        guard let settings = files["tokenizer_config.json"] else { return nil }
        do throws(JSONError) {
            return try JSONValue.parse(settings)["chat_template"]?.string
        } catch {
            // Without readable settings nothing is known of the template; whoever needs them says what is wrong with them.
            return nil
        }
    }
}
