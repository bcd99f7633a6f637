using System.Linq;
using System.Buffers.Binary;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Sctp;

/// <summary>A peer that says whatever a test makes it say, byte by byte, to the association under test.</summary>
internal sealed class RawPeer
{
    public const uint Tag = 0x01020304;
    public const uint InitialTsn = 1000;
    private readonly byte[] _buffer = new byte[1500];

    private readonly SctpAssociation? _association;
    private readonly ILayer _layer;

    public RawPeer(SctpOptions? options = null)
    {
        SctpEndpoint endpoint = new(options ?? new SctpOptions(), RandomSource.Seeded(1));
        (_layer, _association) = (endpoint, endpoint.Association);
    }

    private RawPeer(ILayer layer) => _layer = layer;

    public SctpAssociation Association => _association ?? throw new InvalidOperationException("The layer under test is not an association.");

    public Instant Now { get; set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>The verification tag that the association chose.</summary>
    public uint PeerTag { get; set; }

    public uint PeerInitialTsn { get; private set; }

    public byte[] Cookie { get; private set; } = [];

    /// <summary>Sets the association up by the four messages, as the side that begins.</summary>
    public static RawPeer Connected(SctpOptions? options = null)
    {
        RawPeer peer = new(options);
        peer.Handshake(Tag);
        peer.Association.TryReadEvent(out SctpEvent e);
        Assert.That(e.Kind, Is.EqualTo(SctpEventKind.Established));
        return peer;
    }

    /// <summary>Sets up the association inside another layer.</summary>
    public static RawPeer Connected(ILayer layer)
    {
        RawPeer peer = new(layer);
        peer.Handshake(Tag);
        return peer;
    }

    public void Handshake(uint tag, byte[]? parameters = null)
    {
        Begin(tag, parameters);
        Send(PeerTag, Chunk(10, 0, Cookie));
        List<byte[]> answer = Read();
        Assert.That(answer, Has.Count.EqualTo(1));
        Assert.That(answer[0][12], Is.EqualTo(11), "COOKIE ACK");
    }

    /// <summary>INIT and its INIT ACK.</summary>
    public byte[] Begin(uint tag, byte[]? parameters = null)
    {
        byte[] init = [.. U32(tag), .. U32(1 << 20), .. U16(100), .. U16(100), .. U32(InitialTsn), .. parameters ?? [0xC0, 0, 0, 4, 0x80, 8, 0, 6, 130, 192, 0, 0]];
        Send(0, Chunk(1, 0, init));
        byte[] ack = Read().Find(p => p[12] == 2)!;
        Assert.That(ack, Is.Not.Null, "INIT ACK");
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(ack.AsSpan(4)), Is.EqualTo(tag));
        PeerTag = BinaryPrimitives.ReadUInt32BigEndian(ack.AsSpan(16));
        PeerInitialTsn = BinaryPrimitives.ReadUInt32BigEndian(ack.AsSpan(28));
        Assert.That(BinaryPrimitives.ReadUInt16BigEndian(ack.AsSpan(32)), Is.EqualTo(7), "the state cookie is first");
        Cookie = ack.AsSpan(36, BinaryPrimitives.ReadUInt16BigEndian(ack.AsSpan(34)) - 4).ToArray();
        return ack;
    }

    public void Send(params byte[][] chunks) => Send(PeerTag, chunks);

    public void Send(uint tag, params byte[][] chunks) => SendRaw(Packet(tag, chunks));

    public void SendRaw(byte[] packet) => _layer.Receive(packet, Now);

    public static byte[] Packet(uint tag, params byte[][] chunks)
    {
        byte[] packet = [.. U16(5000), .. U16(5000), .. U32(tag), 0, 0, 0, 0, .. chunks.SelectMany(c => c)];
        PacketHeader.Seal(packet);
        return packet;
    }

    /// <summary>All packets that the association owes, each checked.</summary>
    public List<byte[]> Read()
    {
        List<byte[]> packets = [];
        while (_layer.Transmit(_buffer, Now) is > 0 and int length)
        {
            byte[] packet = _buffer.AsSpan(0, length).ToArray();
            Assert.That(PacketHeader.HasValidChecksum(packet));
            packets.Add(packet);
        }
        return packets;
    }

    /// <summary>All chunks that the association owes: type, flags, value.</summary>
    public List<(byte Type, byte Flags, byte[] Value)> ReadChunks()
    {
        List<(byte, byte, byte[])> chunks = [];
        foreach (byte[] packet in Read())
        {
            WireReader reader = new(packet.AsSpan(12));
            while (WebRtcStack.Sctp.Chunk.TryRead(ref reader, out Chunk chunk)) chunks.Add(((byte)chunk.Type, (byte)chunk.Flags, chunk.Value.ToArray()));
            Assert.That(reader.IsEmpty);
        }
        return chunks;
    }

    public void Advance(TimeSpan duration)
    {
        Now += duration;
        _layer.AdvanceTo(Now);
    }

    public static byte[] Chunk(byte type, byte flags, params byte[] value) =>
        [type, flags, .. U16((ushort)(4 + value.Length)), .. value, .. new byte[-value.Length & 3]];

    public static byte[] Data(uint tsn, ushort stream, ushort ssn, byte flags, params byte[] bytes) =>
        Chunk(0, flags, [.. U32(tsn), .. U16(stream), .. U16(ssn), .. U32(53), .. bytes]);

    public static byte[] Sack(uint cumulative, uint window, params ushort[] gaps) => Chunk(
        3, 0, [.. U32(cumulative), .. U32(window), .. U16((ushort)(gaps.Length / 2)), .. U16(0), .. gaps.SelectMany(U16)]);

    public static byte[] U16(ushort value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
