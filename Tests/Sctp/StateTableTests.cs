using System.Buffers.Binary;
using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.Sctp;

/// <summary>
/// Every chunk in every state: what is answered and which state follows. The table is in Vectors/sctp-states.txt; it follows
/// RFC 9260 §4, §5.2, §8.4, §8.5 and §9.2, RFC 3758, RFC 6525 and RFC 8260.
/// </summary>
[TestFixture]
public class StateTableTests
{
    private const uint Tsn = RawPeer.InitialTsn;
    private static readonly uint s_otherTag = 0x0A0B0C0D;
    private static readonly string s_path = Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", "sctp-states.txt");

    private static readonly (string Name, Func<RawPeer, byte[]> Make)[] s_chunks =
    [
        ("DATA", _ => RawPeer.Data(Tsn, 1, 0, 3 | 8, 42)),
        ("INIT", _ => RawPeer.Chunk(1, 0, [.. RawPeer.U32(s_otherTag), .. RawPeer.U32(1 << 20), 0, 9, 0, 9, .. RawPeer.U32(Tsn)])),
        ("INIT-ACK", _ => RawPeer.Chunk(2, 0, [.. RawPeer.U32(RawPeer.Tag), .. RawPeer.U32(1 << 20), 0, 9, 0, 9, .. RawPeer.U32(Tsn), 0, 7, 0, 8, 1, 2, 3, 4])),
        ("SACK", p => RawPeer.Sack(p.PeerInitialTsn, 1 << 20)),
        ("HEARTBEAT", _ => RawPeer.Chunk(4, 0, 0, 1, 0, 8, 1, 2, 3, 4)),
        ("HEARTBEAT-ACK", _ => RawPeer.Chunk(5, 0, 0, 1, 0, 8, 1, 2, 3, 4)),
        ("ABORT", _ => RawPeer.Chunk(6, 0)),
        ("SHUTDOWN", p => RawPeer.Chunk(7, 0, RawPeer.U32(p.PeerInitialTsn))),
        ("SHUTDOWN-ACK", _ => RawPeer.Chunk(8, 0)),
        ("ERROR-stale", _ => RawPeer.Chunk(9, 0, 0, 3, 0, 8, 0, 0, 0, 1)),
        ("ERROR-other", _ => RawPeer.Chunk(9, 0, 0, 4, 0, 4)),
        ("COOKIE-ECHO-forged", _ => RawPeer.Chunk(10, 0, new byte[76])),
        ("COOKIE-ACK", _ => RawPeer.Chunk(11, 0)),
        ("SHUTDOWN-COMPLETE", _ => RawPeer.Chunk(14, 0)),
        ("I-DATA", _ => RawPeer.Chunk(64, 3, [.. RawPeer.U32(Tsn), 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 53, 42])),
        ("RE-CONFIG", _ => RawPeer.Chunk(130, 0, [0, 17, 0, 12, .. RawPeer.U32(Tsn), 0, 1, 0, 0])),
        ("FORWARD-TSN", _ => RawPeer.Chunk(192, 0, RawPeer.U32(Tsn))),
        ("I-FORWARD-TSN", _ => RawPeer.Chunk(194, 0, RawPeer.U32(Tsn))),
        ("unknown-00", _ => RawPeer.Chunk(0x3F, 0)),
        ("unknown-01", _ => RawPeer.Chunk(0x7F, 0)),
        ("unknown-10", _ => RawPeer.Chunk(0xBF, 0)),
        ("unknown-11", _ => RawPeer.Chunk(0xFF, 0)),
    ];

    private static IEnumerable<TestCaseData> Rows => File.ReadLines(s_path).Where(line => line.Length > 0 && line[0] != '#').Select(line =>
    {
        string[] cells = [.. line.Split('|').Select(c => c.Trim())];
        return new TestCaseData(cells[0], cells[1], cells[2], cells[3]).SetName($"Receive_Of_{cells[1]}_In_{cells[0]}");
    });

    [TestCaseSource(nameof(Rows))]
    public void Receive(string state, string chunk, string replies, string next)
    {
        string line = Row(Enum.Parse<SctpAssociationState>(state), chunk);
        Assert.That(line, Is.EqualTo($"{state} | {chunk} | {replies} | {next}"));
    }

    [Test]
    public void Table_NamesEveryChunkInEveryState()
    {
        IEnumerable<string> all = Enum.GetValues<SctpAssociationState>().SelectMany(s => s_chunks.Select(c => $"{s} {c.Name}"));
        Assert.That(Rows.Select(r => $"{r.Arguments[0]} {r.Arguments[1]}"), Is.EquivalentTo(all));
    }

    private static string Row(SctpAssociationState state, string name)
    {
        RawPeer peer = In(state);
        Assert.That(peer.Association.State, Is.EqualTo(state));
        peer.Send(name == "INIT" ? 0 : peer.PeerTag, s_chunks.Single(c => c.Name == name).Make(peer));
        string[] replies = [.. peer.ReadChunks().Select(Describe)];
        return $"{state} | {name} | {(replies.Length == 0 ? "-" : string.Join(" ", replies))} | {peer.Association.State}";
    }

    private static RawPeer In(SctpAssociationState state)
    {
        if (state is SctpAssociationState.Closed or SctpAssociationState.CookieWait or SctpAssociationState.CookieEchoed)
        {
            RawPeer young = new() { PeerTag = 77 };
            if (state == SctpAssociationState.Closed) return young;
            young.Association.Associate(young.Now);
            byte[] init = young.Read().Single();
            young.PeerTag = BinaryPrimitives.ReadUInt32BigEndian(init.AsSpan(16));
            if (state == SctpAssociationState.CookieWait) return young;
            young.Send(s_chunks.Single(c => c.Name == "INIT-ACK").Make(young));
            Assert.That(young.ReadChunks().Single().Type, Is.EqualTo(10));
            return young;
        }
        RawPeer peer = RawPeer.Connected();
        bool hasData = state is SctpAssociationState.Established or SctpAssociationState.ShutdownPending or SctpAssociationState.ShutdownReceived;
        if (hasData) peer.Association.Send(1, 53, new byte[10], default, peer.Now);
        peer.Read();
        if (state is SctpAssociationState.ShutdownPending or SctpAssociationState.ShutdownSent) peer.Association.Shutdown(peer.Now);
        if (state is SctpAssociationState.ShutdownReceived or SctpAssociationState.ShutdownAckSent)
            peer.Send(RawPeer.Chunk(7, 0, RawPeer.U32(peer.PeerInitialTsn - 1)));
        peer.Read();
        return peer;
    }

    private static string Describe((byte Type, byte Flags, byte[] Value) chunk) => chunk.Type switch
    {
        2 => "INIT-ACK",
        0 => "DATA",
        1 => "INIT",
        3 => "SACK",
        5 => "HEARTBEAT-ACK",
        6 => $"ABORT{(chunk.Flags == 1 ? "-reflected" : "")}{(chunk.Value.Length > 0 ? $"({chunk.Value[1]})" : "")}",
        7 => "SHUTDOWN",
        8 => "SHUTDOWN-ACK",
        9 => $"ERROR({chunk.Value[1]})",
        10 => "COOKIE-ECHO",
        14 => $"SHUTDOWN-COMPLETE{(chunk.Flags == 1 ? "-reflected" : "")}",
        130 => "RE-CONFIG",
        _ => $"chunk-{chunk.Type}",
    };
}
