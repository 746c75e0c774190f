import AdminAPI
import Admission
import HTTPGateway
import HTTPTypes

/// How clients are reached: what is encrypted, packed, believed and written down.
extension Setting {
    static let transport: [Setting] = [
        Setting(
            key: "tls-certificate", type: "path", unit: "", defaultText: "off", range: "", scope: "node",
            meaning:
                "A PEM file of the certificate and what lies between it and a known authority. With it the HTTP API is served over TLS only."
        ) { text, settings in
            settings.tlsCertificate = text == "off" ? nil : text
            return text.isEmpty ? "must not be empty" : nil
        },
        Setting(
            key: "tls-key", type: "path", unit: "", defaultText: "off", range: "", scope: "node",
            meaning: "A PEM file of the certificate's private key."
        ) { text, settings in
            settings.tlsKey = text == "off" ? nil : text
            return text.isEmpty ? "must not be empty" : nil
        },
        Setting(
            key: "redis-tls", type: "word", unit: "", defaultText: "off", range: "on, off", scope: "node",
            meaning: "Whether the Redis protocol is spoken over TLS only, with the same certificate."
        ) { text, settings in
            settings.isRedisSecure = text == "on"
            return text == "on" || text == "off" ? nil : "is neither on nor off"
        },
        Setting(
            key: "admin-tls", type: "word", unit: "", defaultText: "off", range: "on, off", scope: "node",
            meaning: "Whether the admin API is served over TLS only, with the same certificate."
        ) { text, settings in
            settings.isAdminSecure = text == "on"
            return text == "on" || text == "off" ? nil : "is neither on nor off"
        },
        Setting(
            key: "access-log", type: "path", unit: "", defaultText: "off", range: "off, - or a path", scope: "node",
            meaning: "Where a line is written for each request: a file, - for standard output, or nowhere."
        ) { text, settings in
            settings.accessLog = text == "off" ? nil : text
            return text.isEmpty ? "must not be empty" : nil
        },
        Setting(
            key: "trusted-proxies", type: "list", unit: "", defaultText: "none",
            range: "none, or addresses and ranges with commas between", scope: "node",
            meaning: "Which peers are believed when X-Forwarded-For or Forwarded says for whom they ask."
        ) { text, settings in
            settings.trustedProxies = []
            if text == "none" { return nil }
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let part = part.filter { $0 != " " }
                guard let range = try? AddressRange(part) else { return "has '\(part)', which is no address or range" }
                settings.trustedProxies.append(range)
            }
            return nil
        },
        Setting(
            key: "country-header", type: "text", unit: "", defaultText: "off", range: "off, or the name of a header",
            scope: "node",
            meaning: "Where trusted proxies say from which country a request comes, such as CF-IPCountry."
        ) { text, settings in
            settings.countryHeader = text == "off" ? nil : HTTPField.Name(text)
            return text == "off" || settings.countryHeader != nil ? nil : "is no name of a header"
        },
        number(
            "http-body-rate-min", \.httpBodyRateMin, 0...1_048_576, "bytes a second", "node",
            "What a request's body must bring, measured over ten seconds. 0: as slowly as it likes."),
        number(
            "http-gzip-bytes-min", \.httpGzipBytesMin, 256...1_073_741_824, "bytes", "node",
            "Answers of so many bytes and more are packed with gzip for clients that accept it."),
    ]
}

extension Settings {
    /// What is wrong with settings that are right each by itself.
    var transportProblems: [String] {
        var problems: [String] = []
        if (tlsCertificate == nil) != (tlsKey == nil) {
            problems.append("tls-certificate, tls-key: one is of no use without the other")
        }
        if countryHeader != nil, trustedProxies.isEmpty {
            problems.append("country-header: there are no trusted-proxies that could set it")
        }
        if isRedisSecure, tlsCertificate == nil { problems.append("redis-tls: there is no tls-certificate") }
        if isAdminSecure, tlsCertificate == nil { problems.append("admin-tls: there is no tls-certificate") }
        if let admin, !AdminConfiguration.isLoopback(admin.host), !isAdminSecure, !isAdminInsecure {
            problems.append(
                "admin: '\(admin.host)' is reached from other machines, and tokens would come in plain text: say admin-tls: on, listen on 127.0.0.1, or say admin-insecure: true"
            )
        }
        return problems
    }
}
