package import ControlPlane
internal import Synchronization

// What others follow of projects' plans and settings, from memory.
extension AccessDirectory {
    /// What the plan of a project allows; nil if the project is not known.
    package func quota(of project: ProjectID) -> Quota? { self.project(project)?.quota }

    /// The origins whose web pages may read answers; none if the project is not known.
    package func corsOrigins(of project: ProjectID) -> [String] {
        self.project(project)?.project.settings.corsOrigins ?? []
    }

    /// Whether any project lets pages of an origin read answers.
    ///
    /// A browser asks before it sends the key. Anybody can ask, so the origins of all projects are gathered once for each change
    /// and not for each question.
    package func isKnownOrigin(_ origin: String) -> Bool {
        let generation = generation
        return knownOrigins.withLock { known in
            if known.generation != generation {
                known = (generation, Set(projects.flatMap(\.project.settings.corsOrigins)))
            }
            return known.origins.contains(origin) || known.origins.contains("*")
        }
    }
}
