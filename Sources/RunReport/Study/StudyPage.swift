/// Puts tables into a page between marks, so that what people write about them stays:
/// `<!-- table b -->` and `<!-- end b -->`, each on a line of its own.
package enum StudyPage {
    /// A page without the marks of a table.
    package struct Unmarked: Error, CustomStringConvertible {
        let study: String
        package var description: String {
            "the page has no line <!-- table \(study) --> with <!-- end \(study) --> below it"
        }
    }

    /// The page with the table of `study` replaced.
    package static func replacing(_ study: String, by table: String, in page: String) throws(Unmarked) -> String {
        let (start, end) = ("<!-- table \(study) -->\n", "<!-- end \(study) -->\n")
        guard let first = page.firstRange(of: start),
            let last = page[first.upperBound...].firstRange(of: end)
        else { throw Unmarked(study: study) }
        return page[..<first.upperBound] + table + page[last.lowerBound...]
    }
}
