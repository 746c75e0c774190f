/// Whether something that is tried again and again may have been done by an earlier attempt: then no later one that was turned away makes
/// that undone.
struct Doubt {
    private var unknown: ServiceError?

    mutating func noting(_ error: ServiceError) -> ServiceError {
        if case .outcomeUnknown = error { unknown = error }
        return error
    }

    /// What is said in the end: an error that promises that nothing changed speaks of the last attempt only.
    func last(_ error: ServiceError) -> ServiceError {
        switch error {
        case .unavailable, .overloaded, .noSpace, .moved: unknown ?? error
        case .refused, .outcomeUnknown, .corrupted: error
        }
    }
}
