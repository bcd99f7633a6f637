using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;

namespace WebRtcStack.Benchmarks.Turn;

/// <summary>One datagram through the server, without sockets, beside ten thousand other allocations.</summary>
[MemoryDiagnoser]
public class TurnRelayBenchmark
{
    private const int Allocations = 10_000, DataLength = 170;
    private static readonly TransportAddress s_address = TransportAddress.FromIPv4(0xCB007101, 3478);
    private static readonly TransportAddress s_peer = TransportAddress.FromIPv4(0xC6336401, 7000);
    private static readonly Instant s_now = new(TimeSpan.TicksPerSecond);

    private readonly TurnServer _server = new(
        new TurnServerOptions
        {
            Realm = "example.org",
            Users = new Dictionary<string, string> { ["user"] = "pass" },
            MaxAllocationsPerUser = Allocations,
            MaxPermissionsPerUser = Allocations,
            MaxUnauthenticatedResponsesPerSecond = 100_000,
        }, RandomSource.Seeded(1));

    private readonly byte[] _channelData = new byte[ChannelData.HeaderLength + DataLength];
    private readonly byte[] _fromPeer = new byte[TurnServer.Headroom + DataLength + TurnServer.Tailroom];
    private readonly byte[] _reply = new byte[TurnServer.MaxReplySize];
    private readonly StunKey _key = StunKey.LongTerm("user", "example.org", "pass");
    private int _next;

    [GlobalSetup]
    public void SetUp()
    {
        ChannelData.Complete(_channelData, ChannelData.FirstChannel, DataLength, padded: false);
        for (int i = 0; i < Allocations; i++) Allocate(Client(i));
        if (!FromClient() || !FromPeer()) throw new InvalidOperationException("It is relayed.");
    }

    [Benchmark] public bool FromClient() => _server.Receive(_channelData, Client(Next()), s_now, out _);

    [Benchmark]
    public bool FromPeer() =>
        _server.ReceiveFromPeer(_fromPeer, TurnServer.Headroom, DataLength, new NetworkPath(Relay(Next()), s_peer), s_now, out _);

    private static NetworkPath Client(int number) => new(s_address, TransportAddress.FromIPv4(0xC0000201, (ushort)(1024 + number)));

    private static TransportAddress Relay(int number) => TransportAddress.FromIPv4(0xCB007102, (ushort)(1024 + number));

    private int Next() => _next = (_next + 7919) % Allocations;

    private void Allocate(NetworkPath client)
    {
        byte[] request = new byte[300];
        StunMessageWriter writer = new(request, StunClass.Request, StunMethod.Allocate, default);
        Answer(client, writer.Length, request, out byte[] nonce);
        writer = new(request, StunClass.Request, StunMethod.Allocate, default);
        writer.WriteTransport(17);
        Sign(ref writer, nonce);
        Answer(client, writer.Length, request, out _);
        writer = new(request, StunClass.Request, StunMethod.ChannelBind, default);
        writer.WriteChannelNumber(ChannelData.FirstChannel);
        writer.WriteXorAddress(StunAttributeType.XorPeerAddress, s_peer);
        Sign(ref writer, nonce);
        Answer(client, writer.Length, request, out _);
    }

    private void Sign(ref StunMessageWriter writer, byte[] nonce)
    {
        writer.Write(StunAttributeType.Username, "user"u8);
        writer.Write(StunAttributeType.Realm, "example.org"u8);
        writer.Write(StunAttributeType.Nonce, nonce);
        writer.WriteIntegrity(_key);
    }

    private void Answer(NetworkPath client, int length, byte[] request, out byte[] nonce)
    {
        _server.Receive(request.AsSpan(0, length), client, s_now, out _);
        while (_server.TryReadEvent(out TurnServerEvent e))
        {
            if (e.Kind == TurnServerEventKind.OpenRelay) _server.RelayOpened(e.Ticket, Relay(client.Remote.Port - 1024), default, s_now);
        }
        nonce = [];
        while (_server.Transmit(_reply, s_now, out _) is > 0 and int size)
        {
            if (StunMessage.TryParse(_reply.AsSpan(0, size), out StunMessage answer) &&
                answer.TryGet(StunAttributeType.Nonce, out StunAttribute given)) nonce = given.Value.ToArray();
        }
    }
}
