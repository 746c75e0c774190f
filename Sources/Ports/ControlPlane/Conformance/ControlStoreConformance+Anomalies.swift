import Leaderboards

extension ControlStoreConformance {
    static let anomalyChecks: [Check] = [
        check("states of anomalies are replaced as a whole, for each source") { store in
            let many = Dictionary(uniqueKeysWithValues: (0..<1200).map { ("key:\($0)", "\($0)") })
            try await store.setAnomalyStates(many, of: "1", at: now)
            try await store.setAnomalyStates(["key:1": "other"], of: "2", at: now)
            try await expectEqual(store.anomalyStates(of: "1"), many, "states")
            try await store.setAnomalyStates(
                ["key:1": "new", "key:a": "b"], of: "1", at: now.advanced(by: .seconds(1)))
            try await expectEqual(store.anomalyStates(of: "1"), ["key:1": "new", "key:a": "b"], "states replaced")
            try await expectEqual(store.anomalyStates(of: "2"), ["key:1": "other"], "states of another source")
            try await store.setAnomalyStates([:], of: "1", at: now.advanced(by: .seconds(2)))
            try await expectEqual(store.anomalyStates(of: "1"), [:], "no states")
            try await expectEqual(store.commit(), 1, "revision after keeping states")
        },
        check("of anomalies the newest are kept, in their order, for each source") { store in
            func row(_ number: Int) -> AnomalyRow {
                AnomalyRow(
                    time: now, tenant: TenantID(unchecked: "ten_a"), project: ProjectID(unchecked: "prj_a"),
                    key: number == 0 ? nil : KeyID(unchecked: "key_\(number)"),
                    leaderboard: number == 1 ? nil : "it's \"\(number)\"", kind: "request-surge",
                    observed: 0.1 + Double(number), expected: -.greatestFiniteMagnitude,
                    deviation: .leastNonzeroMagnitude, country: number == 2 ? "NO" : nil, explanation: "é\n\(number)")
            }
            try await store.addAnomalies([row(9)], of: "2", keeping: 3)
            try await store.addAnomalies([row(0), row(1)], of: "1", keeping: 3)
            try await expectEqual(store.anomalies(of: "1"), [row(0), row(1)], "anomalies")
            try await store.addAnomalies([row(2), row(3)], of: "1", keeping: 3)
            try await store.addAnomalies([], of: "1", keeping: 3)
            try await expectEqual(store.anomalies(of: "1"), [row(1), row(2), row(3)], "the newest anomalies")
            try await store.addAnomalies((4..<900).map { row($0) }, of: "1", keeping: 3)
            try await expectEqual(store.anomalies(of: "1"), [row(897), row(898), row(899)], "many anomalies")
            try await expectEqual(store.anomalies(of: "2"), [row(9)], "anomalies of another source")
            try await expectEqual(store.anomalies(of: "3"), [], "anomalies of nobody")
        },
    ]
}
