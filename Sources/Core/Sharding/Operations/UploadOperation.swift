// Operation 8, an upload has come so far:
//
//   run     the upload's name, with its project
//   u64     the last line that this shard has dealt with
//
struct UploadOperation: Hashable {
    var upload: String
    var line: UInt64

    init(upload: String, line: UInt64) {
        self.upload = upload
        self.line = line
    }

    func write(to writer: inout ByteWriter) {
        writer.writeRun(upload)
        writer.write(line)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        upload = try reader.readString()
        line = try reader.read()
    }
}
