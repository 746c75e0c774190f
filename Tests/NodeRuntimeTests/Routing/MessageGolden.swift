/// The bytes of each of `ExampleMessage.all`. They never change within version 1 of the protocol between nodes.
enum MessageGolden {
    static let all: [String] = []
}
