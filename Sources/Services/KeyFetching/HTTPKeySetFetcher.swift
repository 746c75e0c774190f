internal import Admission
internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import Tenancy

/// Fetches key sets over HTTPS from where tenants say, and from nowhere that they could not reach themselves.
///
/// The name is resolved here, and the connection goes to the address that was looked at: what a name server says a moment
/// later makes no difference. The certificate must be the name's. A redirect is a failure, and so is a
/// body that is too long; what came is never told to the tenant.
package struct HTTPKeySetFetcher: KeySetFetcher {
    private let timeoutSeconds: Int64
    private let resolve: @Sendable (_ host: String, _ port: Int) async throws -> SocketAddress

    package init(timeoutSeconds: Int64 = 5) {
        self.init(timeoutSeconds: timeoutSeconds) { host, port in
            try await NIOThreadPool.singleton.runIfActive {
                try SocketAddress.makeAddressResolvingHost(host, port: port)
            }
        }
    }

    init(
        timeoutSeconds: Int64 = 5,
        resolve: @escaping @Sendable (_ host: String, _ port: Int) async throws -> SocketAddress
    ) {
        self.timeoutSeconds = timeoutSeconds
        self.resolve = resolve
    }

    package func fetch(_ url: KeySetURL, byteCountMax: Int) async throws -> [UInt8] {
        let address = try await publicAddress(of: url)
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.dnsOverride = [url.host: address]
        configuration.timeout = .init(connect: .seconds(timeoutSeconds), read: .seconds(timeoutSeconds))
        configuration.httpVersion = .http1Only
        // One for each fetch: where it may connect to is part of its configuration, and fetches are minutes apart.
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<[UInt8], any Error>
        do {
            result = .success(try await body(of: url, byteCountMax, client))
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        return try result.get()
    }

    private func body(of url: KeySetURL, _ byteCountMax: Int, _ client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: "https://\(url.host):\(url.port)\(url.path)")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "laurel")
        let response = try await client.execute(request, timeout: .seconds(timeoutSeconds))
        guard response.status == .ok else { throw KeySetFetchError.status(Int(response.status.code)) }
        return Array(try await response.body.collect(upTo: byteCountMax).readableBytesView)
    }

    /// The address that the host is connected to at, if it is a public one.
    func publicAddress(of url: KeySetURL) async throws -> String {
        let address = try await resolve(url.host, url.port)
        guard let text = address.ipAddress, let ip = IPAddress(address), ip.isPublic else {
            throw KeySetFetchError.addressNotPublic
        }
        return text
    }
}

package enum KeySetFetchError: Error, Hashable, Sendable {
    /// The host leads to what is no address of the public internet.
    case addressNotPublic
    case status(Int)
}
