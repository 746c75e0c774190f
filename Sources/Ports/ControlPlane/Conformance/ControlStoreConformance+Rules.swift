import Leaderboards

extension ControlStoreConformance {
    static let ruleChecks: [Check] = [
        check("only who saw the last version replaces a record") { store in
            for record in ExampleRecords.smallest {
                var current = record
                current.version = try await store.commit(.insert(record))
                for wrong in [0, current.version - 1, current.version + 1] {
                    var stale = record
                    stale.version = wrong
                    try await expectError(.conflict, "\(stale.identity) with version \(wrong)") {
                        () throws(ControlError) in try await store.commit(.replace(stale))
                    }
                }
                try await expectEqual(store.record(record.identity), current, "after refused replacements")
            }
        },
        check("what is not there can't be replaced") { store in
            try await store.commit(ExampleRecords.smallest.map(ControlWrite.insert), note, at: now)
            for record in ExampleRecords.fullest {
                try await expectError(.notFound, "\(record.identity)") { () throws(ControlError) in
                    try await store.commit(.replace(record))
                }
            }
        },
        check("an id can be had once") { store in
            try await store.commit(ExampleRecords.smallest.map(ControlWrite.insert), note, at: now)
            for record in ExampleRecords.smallest {
                var second = record
                second.version = 77
                try await expectError(.exists, "\(record.identity)") { () throws(ControlError) in
                    try await store.commit(.insert(second))
                }
            }
        },
        check("the owner must be there first") { store in
            for record in ExampleRecords.smallest.reversed() where record.owner != nil {
                try await expectError(.notFound, "\(record.identity)") { () throws(ControlError) in
                    try await store.commit(.insert(record))
                }
            }
            let writes: [ControlWrite] = [.insert(.tenant(ExampleRecords.tenant)), .insert(.plan(ExampleRecords.plan))]
            try await expectError(.notFound, "a tenant ahead of its plan") { () throws(ControlError) in
                _ = try await store.commit(writes, note, at: now)
            }
            var tenant = ExampleRecords.tenant
            tenant.version = try await store.commit(.insert(.plan(ExampleRecords.plan)), .insert(.tenant(tenant)))
            tenant.plan = PlanID(unchecked: "plan_none")
            try await expectError(.notFound, "a change to a plan that isn't there") { () throws(ControlError) in
                try await store.commit(.replace(.tenant(tenant)))
            }
        },
        check("two keys can't have one digest") { store in
            try await store.commit(ExampleRecords.smallest.map(ControlWrite.insert), note, at: now)
            var other = ExampleRecords.key("key_b")
            let digest = other.digest
            other.digest = ExampleRecords.key.digest
            try await expectError(.exists, "inserted") { () throws(ControlError) in
                try await store.commit(.insert(.key(other)))
            }
            other.digest = digest
            other.version = try await store.commit(.insert(.key(other)))
            other.digest = ExampleRecords.key.digest
            try await expectError(.exists, "replaced") { () throws(ControlError) in
                try await store.commit(.replace(.key(other)))
            }
        },
        check("two tokens can't have one digest, and one is found by it") { store in
            try await store.commit(ExampleRecords.smallest.map(ControlWrite.insert), note, at: now)
            var other = ExampleRecords.token("tok_b")
            let digest = other.digest
            try await expectEqual(store.token(with: digest), nil, "before it is there")
            other.digest = ExampleRecords.token.digest
            try await expectError(.exists, "inserted") { [other] () throws(ControlError) in
                try await store.commit(.insert(.token(other)))
            }
            other.digest = digest
            other.version = try await store.commit(.insert(.token(other)))
            try await expectEqual(store.token(with: digest), other, "by its digest")
            try await expectEqual(store.token(with: ExampleRecords.token.digest)?.id.text, "tok_a", "the other one")
            // A key is no token.
            try await expectEqual(store.token(with: ExampleRecords.key.digest), nil, "by a key's digest")
            other.digest = ExampleRecords.token.digest
            try await expectError(.exists, "replaced") { [other] () throws(ControlError) in
                try await store.commit(.replace(.token(other)))
            }
        },
        check("two members of a tenant can't have one e-mail address, unless one was removed") { store in
            try await store.commit(ExampleRecords.smallest.map(ControlWrite.insert), note, at: now)
            try await store.commit(.insert(.tenant(ExampleRecords.tenant("ten_b"))))
            var first = ExampleRecords.member("mem_1")
            var second = ExampleRecords.member("mem_2")
            first.email = "Ärger@Example.com"
            second.email = "äRGER@example.COM"
            first.version = try await store.commit(.insert(.member(first)))
            try await expectError(.exists, "in other letters") { [second] () throws(ControlError) in
                try await store.commit(.insert(.member(second)))
            }
            var elsewhere = ExampleRecords.member("mem_3", of: "ten_b")
            elsewhere.email = first.email
            try await store.commit(.insert(.member(elsewhere)))
            first.isRemoved = true
            first.version = try await store.commit(.replace(.member(first)))
            try await store.commit(.insert(.member(second)))
            first.isRemoved = false
            try await expectError(.exists, "come back") { [first] () throws(ControlError) in
                try await store.commit(.replace(.member(first)))
            }
        },
    ]
}
