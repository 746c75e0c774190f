internal import Foundation

/// Lays `server` and `client`, signed by `ca`, and another authority, `stranger`, into a directory, each as `.crt` and `.key`. They bear the
/// name `localhost`.
package func makeCertificates(in path: String) throws {
    func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw SupportError("openssl \(arguments)") }
    }
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    for name in ["ca", "stranger"] {
        try openssl(
            ["req", "-x509"] + key + ["-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out", "\(name).crt"])
    }
    for name in ["server", "client"] {
        try openssl(
            ["req", "-x509", "-CA", "ca.crt", "-CAkey", "ca.key"] + key + [
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost", "-addext",
                "basicConstraints=critical,CA:FALSE", "-keyout", "\(name).key", "-out", "\(name).crt",
            ])
    }
}
