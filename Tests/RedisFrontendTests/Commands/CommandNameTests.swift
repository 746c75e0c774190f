import Testing

@testable import RedisFrontend

@Suite("Names and arities of commands")
struct CommandNameTests {
    @Test("Every name is found in any case", arguments: CommandName.allCases)
    func names(name: CommandName) {
        let text = name.rawValue
        let mixed = text.enumerated().map { $0.offset.isMultiple(of: 2) ? $0.element.uppercased() : "\($0.element)" }
        for written in [text, text.uppercased(), mixed.joined()] {
            #expect(CommandName(Argument(stringLiteral: written)) == name)
        }
    }

    @Test("What merely resembles a name is none", arguments: CommandName.allCases)
    func others(name: CommandName) {
        let text = name.rawValue
        for written in [text + "\0", "\0" + text, text + "_", "@" + text.dropFirst(), "", text + text + text] {
            #expect(CommandName(Argument(stringLiteral: written)) == nil)
        }
    }

    @Test("Only letters have a case: @ is not a capital `, nor [ a capital {")
    func letters() {
        #expect(PackedName("@[\\]^".utf8) != PackedName("`{|}~".utf8))
        #expect(PackedName("AZ".utf8) == PackedName("az".utf8))
    }

    @Test(
        "Too few or too many arguments are refused by the command's name in lower case",
        arguments: [
            ("ZADD k 1", "zadd"), ("ZADD", "zadd"), ("zIncrBy k 1", "zincrby"), ("ZINCRBY k 1 a b", "zincrby"),
            ("ZSCORE k", "zscore"), ("ZCARD k l", "zcard"), ("ZRANK k", "zrank"), ("ZRANGESTORE d k 0", "zrangestore"),
            ("ZMPOP 1 k", "zmpop"), ("BZPOPMIN k", "bzpopmin"), ("BZMPOP 0 1 k", "bzmpop"), ("ZSCAN k", "zscan"),
            ("ZUNION 1", "zunion"), ("ZUNIONSTORE d 1", "zunionstore"), ("DEL", "del"), ("RENAME a", "rename"),
            ("EXPIRE k", "expire"), ("KEYS", "keys"), ("KEYS a b", "keys"), ("RANDOMKEY a", "randomkey"),
            ("OBJECT", "object"), ("OBJECT help a", "object|help"), ("OBJECT Freq", "object|freq"),
            ("OBJECT ENCODING a b", "object|encoding"),
        ])
    func arity(line: String, name: String) {
        #expect(problem(line) == "ERR wrong number of arguments for '\(name)' command")
    }

    @Test(
        "An unknown command is quoted with its arguments",
        arguments: [
            ("foo", "ERR unknown command 'foo', with args beginning with: "),
            ("Foo a b", "ERR unknown command 'Foo', with args beginning with: 'a' 'b' "),
            ("'' ''", "ERR unknown command '', with args beginning with: '' "),
            (#"f\r\no a\nb c\0d"#, "ERR unknown command 'f  o', with args beginning with: 'a b' 'c' "),
            ("OBJECT what k", "ERR unknown subcommand 'what'. Try OBJECT HELP."),
            (#"object a\nb"#, "ERR unknown subcommand 'a b'. Try OBJECT HELP."),
        ])
    func unknown(line: String, text: String) { #expect(problem(line) == text) }

    @Test("The quote ends after 128 bytes of name and 128 bytes of arguments, their quotation marks included")
    func quoteLength() {
        func run(_ count: Int) -> String { String(repeating: "x", count: count) }
        let prefix = "ERR unknown command '\(run(128))', with args beginning with: "
        #expect(problem("\(run(130)) \(run(129)) a") == prefix + "'\(run(128))' ")
        #expect(problem("\(run(130)) \(run(100)) \(run(100)) a") == prefix + "'\(run(100))' '\(run(25))' ")
        #expect(problem("object \(run(130))") == "ERR unknown subcommand '\(run(128))'. Try OBJECT HELP.")
    }

    @Test("Shapes say where the keys are and who writes")
    func shapes() {
        #expect(CommandName.zadd.shape == CommandShape(arity: -4, access: .writes, keys: .one))
        #expect(CommandName.bzpopmin.shape.keys == .between(first: 1, last: -2))
        #expect(CommandName.zunionstore.shape.keys == .destinationAndCounted(countIndex: 2))
        #expect(CommandName.scan.shape == CommandShape(arity: -2, access: .reads, keys: .none))
    }
}
