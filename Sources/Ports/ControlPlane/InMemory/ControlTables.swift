internal import Leaderboards

/// What a control store knows, as plain values, with the rules that it keeps written out in the simplest way.
struct ControlTables {
    var revision: Int64 = 0
    var tenants: [String: Tenant] = [:]
    var projects: [String: Project] = [:]
    var members: [String: Member] = [:]
    var keys: [String: KeyRecord] = [:]
    var plans: [String: Plan] = [:]
    var tokens: [String: TokenRecord] = [:]
    var orders: [String: ClusterOrder] = [:]
    /// Oldest first.
    var audit: [AuditEntry] = []
    var lastUses: [KeyID: Timestamp] = [:]
    private var usage: [UsagePlace: Int64] = [:]
    /// By source.
    var anomalyStates: [String: [String: String]] = [:]
    var anomalies: [String: [AnomalyRow]] = [:]

    private struct UsagePlace: Hashable {
        var project: ProjectID
        var day: Int
        var metric: String
        var source: String
    }

    mutating func commit(_ writes: [ControlWrite], _ note: AuditNote, at now: Timestamp) throws(ControlError) -> Int64 {
        // On a copy, which is dropped if anything is refused.
        var next = self
        next.revision += 1
        for write in writes { try next.apply(write) }
        try refuseZeroBytes(in: note.texts)
        next.audit.append(AuditEntry(revision: next.revision, at: now, note: note))
        self = next
        return revision
    }

    func changes(after revision: Int64, limit: Int) -> ControlChanges {
        let kinds = ControlRecord.Kind.allCases
        var records = kinds.flatMap { all($0) }.filter { $0.version > revision }
        records.sort { left, right in
            if left.version != right.version { return left.version < right.version }
            let places = (kinds.firstIndex(of: left.identity.kind)!, kinds.firstIndex(of: right.identity.kind)!)
            return places.0 != places.1 ? places.0 < places.1 : left.identity.id < right.identity.id
        }
        guard records.count > limit else {
            return ControlChanges(records: records, revision: max(revision, self.revision), hasMore: false)
        }
        let last = records[limit - 1].version
        return ControlChanges(
            records: Array(records.prefix { $0.version <= last }), revision: last, hasMore: last < self.revision)
    }
}

// MARK: - Writing

extension ControlTables {
    private mutating func apply(_ write: ControlWrite) throws(ControlError) {
        var record = write.record
        try refuseZeroBytes(in: record.texts)
        switch (write, self[record.identity]) {
        case (.insert, nil): break
        case (.insert, .some): throw .exists("\(record.identity)")
        case (.replace, nil): throw .notFound("\(record.identity)")
        case (.replace, .some(let old)):
            guard old.version == record.version else { throw .conflict("\(record.identity)") }
        }
        try refuseDouble(record)
        if let owner = record.owner, self[owner] == nil { throw .notFound("\(owner)") }
        record.version = revision
        store(record)
    }

    private func refuseDouble(_ record: ControlRecord) throws(ControlError) {
        switch record {
        case .key(let key):
            if keys.values.contains(where: { $0.digest == key.digest && $0.id != key.id }) {
                throw .exists("a key with this digest")
            }
        case .token(let token):
            if tokens.values.contains(where: { $0.digest == token.digest && $0.id != token.id }) {
                throw .exists("a token with this digest")
            }
        case .member(let member) where !member.isRemoved:
            let email = Array(member.email.lowercased().utf8)
            let isTaken = members.values.contains { other in
                other.tenant == member.tenant && other.id != member.id && !other.isRemoved
                    && other.email.lowercased().utf8.elementsEqual(email)
            }
            if isTaken { throw .exists("a member with this e-mail address") }
        default: break
        }
    }

    private mutating func store(_ record: ControlRecord) {
        switch record {
        case .tenant(let tenant): tenants[tenant.id.text] = tenant
        case .project(let project): projects[project.id.text] = project
        case .member(let member): members[member.id.text] = member
        case .key(let key): keys[key.id.text] = key
        case .plan(let plan): plans[plan.id.text] = plan
        case .token(let token): tokens[token.id.text] = token
        case .order(let order): orders[order.id.text] = order
        }
    }

    private subscript(identity: ControlRecord.Identity) -> ControlRecord? {
        switch identity.kind {
        case .tenant: tenants[identity.id].map(ControlRecord.tenant)
        case .project: projects[identity.id].map(ControlRecord.project)
        case .member: members[identity.id].map(ControlRecord.member)
        case .key: keys[identity.id].map(ControlRecord.key)
        case .plan: plans[identity.id].map(ControlRecord.plan)
        case .token: tokens[identity.id].map(ControlRecord.token)
        case .order: orders[identity.id].map(ControlRecord.order)
        }
    }

    private func all(_ kind: ControlRecord.Kind) -> [ControlRecord] {
        switch kind {
        case .tenant: tenants.values.map(ControlRecord.tenant)
        case .project: projects.values.map(ControlRecord.project)
        case .member: members.values.map(ControlRecord.member)
        case .key: keys.values.map(ControlRecord.key)
        case .plan: plans.values.map(ControlRecord.plan)
        case .token: tokens.values.map(ControlRecord.token)
        case .order: orders.values.map(ControlRecord.order)
        }
    }
}

// MARK: - Counters

extension ControlTables {
    mutating func setUsage(_ rows: [UsageRow]) throws(ControlError) {
        try refuseZeroBytes(in: rows.flatMap { [$0.project.text, $0.metric, $0.source] })
        for row in rows {
            let place = UsagePlace(project: row.project, day: row.day, metric: row.metric, source: row.source)
            usage[place] = row.value
        }
    }

    func usage(of project: ProjectID, days: ClosedRange<Int>) throws(ControlError) -> [UsageRow] {
        var sums: [UsageRow] = []
        for (place, value) in usage where place.project == project && days.contains(place.day) {
            if let index = sums.firstIndex(where: { $0.day == place.day && $0.metric == place.metric }) {
                let (sum, overflow) = sums[index].value.addingReportingOverflow(value)
                if overflow { throw .failed("the sum of \(place.metric) is too large") }
                sums[index].value = sum
            } else {
                sums.append(
                    UsageRow(project: project, day: place.day, metric: place.metric, source: "", value: value))
            }
        }
        return sums.sorted { $0.day != $1.day ? $0.day < $1.day : $0.metric < $1.metric }
    }

    func usage(of project: ProjectID, metric: String, source: String) -> [Int: Int64] {
        var days: [Int: Int64] = [:]
        for (place, value) in usage
        where place.project == project && place.metric == metric && place.source == source {
            days[place.day] = value
        }
        return days
    }
}

private func refuseZeroBytes(in texts: [String]) throws(ControlError) {
    for text in texts where text.utf8.contains(0) { throw .failed("a text has a zero byte in it") }
}

extension ControlRecord {
    /// What is stored as text of its own; documents write a zero byte as `\u0000`.
    fileprivate var texts: [String] {
        switch self {
        case .tenant(let tenant): [tenant.id.text, tenant.name, tenant.plan.text]
        case .project(let project): [project.id.text, project.tenant.text, project.name]
        case .member(let member): [member.id.text, member.tenant.text, member.email]
        case .key(let key): [key.id.text, key.project.text, key.name, key.hint]
        case .plan(let plan): [plan.id.text, plan.name]
        case .token(let token): [token.id.text, token.member.text, token.name, token.hint]
        case .order(let order): [order.id.text, order.cluster, order.reason, order.by]
        }
    }
}

extension AuditNote {
    fileprivate var texts: [String] { [actor, action, target, tenant?.text ?? "", requestID, detail] }
}
