internal import ControlPlane
internal import Foundation
internal import JWTKit

/// A key that tokens are verified by, for one algorithm.
enum VerifyingKey: Sendable {
    case secret(HMACKey)
    case publicKey(ES256PublicKey)

    static let secretByteCountMin = 32

    /// Nil if its material is no key of its algorithm.
    init?(_ key: PlayerTokenSettings.VerificationKey) {
        switch key.algorithm {
        case .hs256:
            guard let secret = Data(base64Encoded: key.material), secret.count >= Self.secretByteCountMin else {
                return nil
            }
            self = .secret(HMACKey(from: secret))
        case .es256:
            guard let key = try? ES256PublicKey(pem: key.material) else { return nil }
            self = .publicKey(key)
        }
    }

    /// Nil if it is none of ours, of another kind, or not for signatures.
    init?(_ key: JWK) {
        guard key.keyType == .ecdsa, key.curve == .ecdsa(.p256), key.algorithm == nil || key.algorithm == .es256,
            let x = key.x, let y = key.y, let publicKey = try? ES256PublicKey(parameters: (x, y))
        else { return nil }
        self = .publicKey(publicKey)
    }

    /// What a token says if this key signed it.
    ///
    /// In a collection of this key alone: JWTKit falls back to some other key where it doesn't know a `kid`.
    func claims(of token: String) async -> PlayerClaims? {
        let collection = JWTKeyCollection()
        switch self {
        case .secret(let key): await collection.add(hmac: key, digestAlgorithm: .sha256)
        case .publicKey(let key): await collection.add(ecdsa: key)
        }
        return try? await collection.verify(token, as: PlayerClaims.self)
    }
}
