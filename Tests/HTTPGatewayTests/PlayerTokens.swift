import AccessSupport
import ControlPlane
import Foundation
import JWTKit

/// Tokens of players of project `default`.
enum PlayerTokens {
    private static let secret = Data((0..<32).map { UInt8($0) })

    private struct Claims: JWTPayload {
        var sub: String
        var exp: Int64
        var prj: String

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    static func make(for user: String, in access: AccessPlace) async throws -> String {
        try await access.changeSettings(of: "default") { settings in
            settings.playerTokens = PlayerTokenSettings()
            settings.playerTokens?.keys = [
                .init(id: nil, algorithm: .hs256, material: secret.base64EncodedString())
            ]
        }
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        return try await keys.sign(Claims(sub: user, exp: access.clock.seconds + 60, prj: "default"))
    }
}
