import Admission

extension RequestFilter {
    static let all = RequestFilter(FilterPolicy(mode: .block))

    func verdict(on text: String, as field: FilterField = .user) -> FilterVerdict {
        var verdict = FilterVerdict()
        inspect(text, as: field, into: &verdict)
        return verdict
    }

    func verdict(on bytes: [UInt8], as field: FilterField = .user) -> FilterVerdict {
        var verdict = FilterVerdict()
        inspect(bytes.span, as: field, into: &verdict)
        return verdict
    }

    func rules(met text: String, as field: FilterField = .user) -> [FilterRule] {
        verdict(on: text, as: field).matches.map(\.rule)
    }
}
