// Operation 11, a gateway tells what it did for a project since it last told:
//
//   run     project
//   varint  reads, varint requests: each at most 2^48
//
struct ReportOperation: Hashable {
    var report: ReportedUsage

    init(_ report: ReportedUsage) { self.report = report }

    func write(to writer: inout ByteWriter) {
        writer.writeRun(report.project)
        writer.writeVarint(report.reads)
        writer.writeVarint(report.requests)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        report = ReportedUsage(
            project: try reader.readString(), reads: try reader.readVarint(), requests: try reader.readVarint())
        guard max(report.reads, report.requests) <= ReportedUsage.countMax else { throw .invalid("report") }
    }
}
