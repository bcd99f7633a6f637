using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Sdp;
using WebRtcStack.Tests.Contract;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>draft-hancke-tsvwg-snap: INIT chunks by signalling.</summary>
[TestFixture]
public class SignalledInitTests
{
    // §4.1: the example of the draft, and what Chromium 156 has been seen to offer and to answer.
    [TestCase("AQAAHols3R0AUAAA/////+B5ZR3AAAAEgAgABoLA", 0x896CDD1Du, 0xE079651Du)]
    [TestCase("AQAAHhF48BIAUAAA/////5sYZIXAAAAEgAgABoLA", 0x1178F012u, 0x9B186485u)]
    [TestCase("AQAAHhSfvo4AUAAA/////xZrFlHAAAAEgAgABoLA", 0x149FBE8Eu, 0x166B1651u)]
    [TestCase("AQAAHi/6+pAAUAAA/////7++YfnAAAAEgAgABoLA", 0x2FFAFA90u, 0xBFBE61F9u)]
    public void IsValidInit_OfChromiumsLines_TakesThem(string line, uint tag, uint tsn)
    {
        Assert.That(SdpSctpInit.TryParse(line, out SdpSctpInit? init));
        Assert.That(SctpAssociation.IsValidInit(init!.Chunk.Span));
        Assert.That(init.ToString(), Is.EqualTo(line));
        WireReader reader = new(init.Chunk.Span);
        Assert.That(Chunk.TryRead(ref reader, out Chunk chunk) && InitChunk.TryParse(chunk, out InitChunk parsed));
        InitChunk.TryParse(chunk, out parsed);
        Assert.That(parsed.Peer, Is.EqualTo(new PeerParameters
        {
            Tag = tag, ReceiveWindow = 5242880, OutboundStreams = 65535, InboundStreams = 65535, InitialTsn = tsn, ForwardTsn = true, Reconfig = true,
        }));
    }

    // §5.3: what is not base64, or not an INIT chunk, is an error.
    [TestCase("")]
    [TestCase("AQAAHols3R0AUAAA/////+B5ZR3AAAAEgAgABoL")]
    [TestCase("!!!!")]
    [TestCase("AgAAHols3R0AUAAA/////+B5ZR3AAAAEgAgABoLA", TestName = "an INIT ACK")]
    [TestCase("AQAAHgAAAAAAUAAA/////+B5ZR3AAAAEgAgABoLA", TestName = "without tag")]
    [TestCase("AQAAHols3R0AUAAAAAD//+B5ZR3AAAAEgAgABoLA", TestName = "without streams")]
    [TestCase("AQAAEw==", TestName = "too short")]
    public void IsValidInit_OfAnythingElse_IsFalse(string line) =>
        Assert.That(SdpSctpInit.TryParse(line, out SdpSctpInit? init) && SctpAssociation.IsValidInit(init.Chunk.Span), Is.False);

    [FsCheck.NUnit.Property]
    public void IsValidInit_OfAnyBytes_NeverThrows(byte[] bytes) => SctpAssociation.IsValidInit(bytes);

    // §6: both are established at once, and nothing of a handshake is sent: the first packet is DATA.
    [TestCaseSource(typeof(Seeds), nameof(Seeds.Range), new object[] { 10 })]
    public void Associate_FromSignalledInits_NeedsNoHandshake(int seed)
    {
        VirtualTime time = new(seed);
        SctpOptions options = new() { ZeroChecksum = seed % 2 == 0, Interleaving = seed % 3 > 0, MaxRetransmits = 50 };
        byte[] leftInit = SctpAssociation.CreateInit(options, time.Random), rightInit = SctpAssociation.CreateInit(options, time.Random);
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random);
        left.Association.Associate(leftInit, rightInit, time.Now);
        right.Association.Associate(rightInit, leftInit, time.Now);
        Assert.That(left.Association.State, Is.EqualTo(SctpAssociationState.Established));
        Assert.That(left.Association.IsInterleaved, Is.EqualTo(options.Interleaving));
        byte[] buffer = new byte[1200];
        Assert.That(left.Association.Transmit(buffer, time.Now), Is.Zero);
        LayerPair pair = new(time, left, right, PathOptions.Draw(time.Random));
        for (byte i = 0; i < 20; i++)
        {
            left.Association.Send(1, 53, [.. new byte[3000], i], default, time.Now);
            right.Association.Send(1, 53, [.. new byte[3000], i], default, time.Now);
        }
        Assert.That(pair.RunUntil(() => left.Messages.Count == 20 && right.Messages.Count == 20, TimeSpan.FromMinutes(5)), time.Timeline);
        Assert.That(right.Messages.Select(m => (int)m.Bytes[^1]), Is.EqualTo(Enumerable.Range(0, 20)));
    }

    // The association is one like any other: a peer that restarts by a handshake is heard.
    [Test]
    public void Receive_OfAHandshakeAfterSignalledInits_Restarts()
    {
        RawPeer peer = new();
        byte[] ours = SctpAssociation.CreateInit(new SctpOptions(), RandomSource.Seeded(3));
        byte[] theirs = [1, 0, 0, 20, .. RawPeer.U32(RawPeer.Tag), .. RawPeer.U32(1 << 20), 0, 9, 0, 9, .. RawPeer.U32(RawPeer.InitialTsn)];
        peer.Association.Associate(ours, theirs, peer.Now);
        peer.Send(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(ours.AsSpan(4)), RawPeer.Data(RawPeer.InitialTsn, 1, 0, 3 | 8, 42));
        Assert.That(peer.ReadChunks().Single().Type, Is.EqualTo(3));
        peer.Handshake(0x0A0B0C0D);
        Assert.That(peer.Association.TryReadEvent(out SctpEvent first) && first.Kind == SctpEventKind.Established);
        Assert.That(peer.Association.TryReadEvent(out SctpEvent second) && second.Kind == SctpEventKind.Restarted);
    }

    [Test]
    public void Associate_OfMisuse_Throws()
    {
        using SctpAssociation association = new(new SctpOptions(), RandomSource.Seeded(1));
        byte[] init = SctpAssociation.CreateInit(new SctpOptions(), RandomSource.Seeded(2));
        Assert.That(() => association.Associate(init, [1, 2, 3], default), Throws.ArgumentException);
        Assert.That(() => association.Associate([], init, default), Throws.ArgumentException);
        association.Shutdown(default);
        Assert.That(() => association.Associate(init, init, default), Throws.InvalidOperationException);
    }
}
