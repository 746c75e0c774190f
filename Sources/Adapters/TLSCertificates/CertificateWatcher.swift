internal import ServiceLifecycle

package protocol ReloadableCertificates: Sendable {
    /// Reads the files if they changed since they were last looked at.
    func reloadIfChanged() async
}

/// Looks every few seconds whether the files of a certificate have changed.
///
/// Asking is cheap, works on every file system, and sees links that are turned to another file, as Kubernetes and certbot do;
/// being told by the kernel does not.
package struct CertificateWatcher: Service {
    private let store: any ReloadableCertificates
    private let interval: Duration

    package init(_ store: any ReloadableCertificates, every interval: Duration = .seconds(2)) {
        self.store = store
        self.interval = interval
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: interval)
                await store.reloadIfChanged()
            }
        }
    }
}
