import CProtobufC

/// Owns the C structures of one envelope while it is packed, and gathers its tensors. The pointers it hands out die
/// with it.
final class MessageArena {
    private var blocks: [UnsafeMutableRawPointer] = []
    /// In the order in which the bodies attached them.
    private(set) var tensors: [TensorPayload] = []

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// A C message, initialised by its generated `…__init`, then filled.
    func make<Packed>(
        _ initialize: (UnsafeMutablePointer<Packed>) -> Void, _ fill: (inout Packed) -> Void
    ) -> UnsafeMutablePointer<Packed> {
        let message = allocate(1, of: Packed.self)
        initialize(message)
        fill(&message.pointee)
        return message
    }

    /// Sends a tensor along with the message.
    func attach(_ tensor: TensorPayload) {
        tensors.append(tensor)
    }

    /// Sends a vector along with the message, unless it is empty.
    func attach(_ name: String, _ type: DataType, _ elements: [some BitwiseCopyable]) {
        guard !elements.isEmpty else { return }
        attach(TensorPayload(name: name, type: type, shape: [elements.count], frame: Frame(copying: elements)))
    }

    /// Text for people as a C string: cut to the protocol's length, U+0000 made visible.
    func note(_ text: String) -> UnsafeMutablePointer<CChar> {
        var note = ""
        var size = 0
        for scalar in text.unicodeScalars {
            let shown = scalar == "\0" ? "\u{2400}" : scalar
            size += UTF8.width(shown)
            if size > WireCap.noteBytes { break }
            note.unicodeScalars.append(shown)
        }
        return string(note)
    }

    /// A text without U+0000 as a C string.
    func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        let characters = text.utf8CString
        let copy = allocate(characters.count, of: CChar.self)
        characters.withUnsafeBufferPointer {
            copy.initialize(from: $0.baseAddress ?? UnsafePointer(copy), count: $0.count)
        }
        return copy
    }

    func bytes(_ bytes: some Collection<UInt8>) -> ProtobufCBinaryData {
        let (data, count) = array(Array(bytes))
        return ProtobufCBinaryData(len: count, data: data)
    }

    /// Pointers to C messages, as a repeated field holds them.
    func list<Packed>(
        _ messages: [UnsafeMutablePointer<Packed>]
    ) -> (UnsafeMutablePointer<UnsafeMutablePointer<Packed>?>?, Int) {
        array(messages.map(Optional.some))
    }

    /// The elements in C memory (nil if there are none), and their number.
    func array<Element: BitwiseCopyable>(_ elements: [Element]) -> (UnsafeMutablePointer<Element>?, Int) {
        guard !elements.isEmpty else { return (nil, 0) }
        let copy = allocate(elements.count, of: Element.self)
        for (index, element) in elements.enumerated() { copy[index] = element }
        return (copy, elements.count)
    }

    private func allocate<Element>(_ count: Int, of: Element.Type) -> UnsafeMutablePointer<Element> {
        let block = UnsafeMutablePointer<Element>.allocate(capacity: count)
        blocks.append(UnsafeMutableRawPointer(block))
        return block
    }
}
