import Admission
import Testing

/// What the filter must leave alone: a false alarm is a player who is told that his name is an attack.
@Suite("Harmless texts")
struct HarmlessTextTests {
    static let names = [
        // Apostrophes, quotes, hyphens.
        "O'Brien", "D'Arcy or O'Neil", "Rock 'n' Roll", "The Smiths' -- live", "Guns 'n' Roses and 'Axl' = best",
        "Dwayne \"The Rock\" Johnson",
        "'Heads' or 'tails' = fun", "Players' and coach is here", "James' or Bob(s)", "don't or I is", "l'été",
        "Ng'ang'a", "Boys' #1", "-- x --",
        "Jean-Luc", "Smith, Jr.", "Müller--Lüdenscheidt", "Seven o'clock and 7 = lucky",
        // Words that SQL has too.
        "Robert Tables", "Select All", "Union Select Committee", "European Union select team", "Drop Table",
        "Table; Chair", "Insert Coin", "Update; set match",
        "Delete From Memory", "or", "1 or 2", "and 1", "Sleep(less)", "Like a Boss", "Alter Ego", "Grant", "Exec",
        "x or y = z",
        // Angle brackets, braces, dollars.
        "I <3 you", "<Noob>", "<GOD> Kratos", "[<A+>]", "<<<>>>", ">_<", "a<b", "x < y > z", "<Link> of Hyrule",
        "<Source>", "{{xX_Killer_Xx}}",
        "{{Dr.X}}", "{{(o_o)}}", "{{*Star*}}", "${", "$$$", "#1", "#{", "A$AP Rocky", "Ke$ha", "(╯°□°)╯︵ ┻━┻",
        "{{__Killer__}}", "<% x",
        // Dots and slashes.
        "...", "..", "wait.../yes", "so../and", "hooray ..\\o/", "AC/DC", "\\o/", "1/2", "s/he", "a..b", "Mr. T.",
        "e.t.c...", "50%", "100% real", "%", "%zz", "50%off",
        // Words that shells have too.
        "Dog | Cat", "Tom & Cat", "Rock; Paper; Scissors", "A | NC", "Jin; RM", "Dog | Cat <3", "Biology | Type 2",
        "Ruby | Python 3", "eat; sleep 8 hours",
        "Dog | Cat ...", "Salt && Pepper", "`tick`", "Cat -5", "echo", "ID", "Bash Brothers", "Sleep; Eat", "$(money)",
        // Words that pages have too.
        "javascript: the good parts", "once=twice", "on=off", "one=two", "onerror", "scripted", "JavaScript",
        "data: science", "object oriented",
        // Scripts of the world.
        "李小龍", "村上春樹", "이순신", "Владимир", "Αλέξανδρος", "محمد علي", "بنیامین نتانیاهو", "می‌خواهم", "שָׁלוֹם", "अमिताभ बच्चन",
        "শেখ মুজিব", "தமிழ்",
        "నాగార్జున", "ಕನ್ನಡ", "മോഹൻലാൽ", "සිංහල", "ไทยแลนด์", "ພາສາລາວ", "မြန်မာ", "ខ្មែរ", "ქართული", "Հայերեն", "አማርኛ", "ᏣᎳᎩ",
        "ᠮᠣᠩᠭᠣᠯ",
        "Nguyễn Văn Thiệu", "Nguye\u{302}\u{303}n", "Zażółć gęślą jaźń", "Þórður", "Ærøskøbing", "İstanbul", "ﷺ", "葛󠄀城",
        "\u{200F}שלום\u{200F}", "ab\u{200E}",
        // Emoji: joined, coloured, flags.
        "😀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇳🇴", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 England", "❤️‍🔥", "1️⃣", "👩🏿‍🚀", "♥︎", "🧑‍⚕️", "👁️‍🗨️",
        // Ids and keys.
        "550e8400-e29b-41d4-a716-446655440000", "weekly:2026-W48", "user@example.com", "heat-7", "a/b/c",
        "2026-11-25T10:00:00Z", "name=ann&team=red",
        "YWJjZGVmZ2hpamtsbW5vcA==", "https://example.com/a?b=c#d", "key=value; path", "tab\tseparated", "x,y,z", "a+b",
        "q=or&x=1",
        String(repeating: "ha", count: 30), String(repeating: "a", count: 127),
    ]

    @Test("names, ids and keys as people have them meet no rule", arguments: names)
    func name(text: String) {
        for field in [FilterField.user, .leaderboard, .idempotencyKey, .query] {
            #expect(RequestFilter.all.verdict(on: text, as: field) == FilterVerdict(), "\(field)")
        }
    }

    @Test(
        "what is a little odd is noticed and not refused",
        arguments: [
            ("${user}", 2), ("<b>bold</b>", 3), ("\u{2068}Ann\u{2069}", 3), ("soft\u{AD}hyphen", 4), ("two\nlines", 4),
            (String(repeating: "=", count: 200), 2),
        ])
    func odd(text: String, score: Int) {
        let verdict = RequestFilter.all.verdict(on: text)
        #expect(verdict.score == score)
        #expect(verdict.action(under: RequestFilter.all.policy) == .pass)
    }

    @Test(
        "metadata of games meets no rule",
        arguments: [
            #"{"level":7,"mode":"or","sep":"-- x","and":"'1'"}"#, #"{"note":"first line\nsecond: line\n- third"}"#,
            #"{"replay":"AAAAAAAAAAAAAAAAAAAA/+8=","flags":["a","b"]}"#, #"{"quote":"She said \"or\" = \"and\""}"#,
            #"{"país":"España","emoji":"\ud83d\ude00","path":"maps\/desert\/b.map"}"#,
            #"{"car":{"id":12,"tuning":[1.5,-2,3e4]},"won":true}"#,
            #"{"todo":"wash\ncat 5\nls"}"#, "{}", #"{"":""}"#,
        ])
    func metadata(json: String) {
        #expect(RequestFilter.all.verdict(on: json, as: .metadata) == FilterVerdict())
    }
}
