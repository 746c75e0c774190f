/// How a client shows who it is.
package enum Authentication: Sendable {
    /// Not at all, or by its certificate.
    case none
    case password(user: String, password: String)
    case token(String)
    case nkey(NKey)
    /// A user's JWT and the key that it names: what a creds file holds.
    case jwt(String, NKey)

    /// A creds file's text: a JWT and a seed, each between a line `-----BEGIN …-----` and a line `------END …------`.
    package init(credentials text: String) throws(CredentialsError) {
        var blocks: [String: String] = [:]
        var name: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let text = line.filter { $0 != "\r" }
            if text.hasPrefix("-----BEGIN ") {
                name = String(text.dropFirst(11).prefix { $0 != "-" })
            } else if text.hasPrefix("------END ") {
                name = nil
            } else if let block = name, !text.isEmpty {
                blocks[block, default: ""] += text
            }
        }
        guard let jwt = blocks["NATS USER JWT"], let seed = blocks["USER NKEY SEED"] else {
            throw CredentialsError("is no creds file: it lacks a JWT or a seed")
        }
        // It goes out inside JSON; anything else than a JWT's letters would not come from a file of that kind.
        guard jwt.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw CredentialsError("has a JWT that is none") }
        self = .jwt(jwt, try NKey(seed: seed))
    }

    /// Fills in the part of CONNECT that says who we are.
    func answer(_ info: ServerInfo, _ options: inout ConnectOptions) throws(CredentialsError) {
        switch self {
        case .none: break
        case .password(let user, let password): (options.user, options.pass) = (user, password)
        case .token(let token): options.auth_token = token
        case .nkey(let key):
            options.nkey = key.publicKey
            options.sig = try signature(key, info)
        case .jwt(let jwt, let key):
            options.jwt = jwt
            options.sig = try signature(key, info)
        }
    }

    private func signature(_ key: NKey, _ info: ServerInfo) throws(CredentialsError) -> String {
        guard let nonce = info.nonce else { throw CredentialsError("can't be used: the server asks for no signature") }
        return try key.sign(nonce)
    }
}

extension Authentication: CustomStringConvertible, CustomReflectable {
    /// Descriptions end in logs.
    package var description: String {
        switch self {
        case .none: "none"
        case .password(let user, _): "password of \(user)"
        case .token: "token"
        case .nkey(let key): "nkey \(key)"
        case .jwt(_, let key): "JWT of \(key)"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
