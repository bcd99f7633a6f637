using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Turn;

/// <summary>What the last response of a server said, copied out of it.</summary>
internal sealed record TurnAnswer(StunErrorCode Error, byte[] Message)
{
    public T Read<T>(Func<byte[], T> read) => read(Message);
}

internal delegate void WriteAttributes(ref StunMessageWriter writer);

/// <summary>A client that says whatever a test wants to a server, right or wrong, and keeps what comes back.</summary>
internal sealed class TurnServerClient
{
    private readonly SimulatedHost _host;
    private readonly SimulatedTurnServer _server;
    private readonly Func<TransportAddress> _to;
    private byte[] _realm = "unknown"u8.ToArray(), _nonce = [];

    public TurnServerClient(SimulatedHost host, SimulatedTurnServer server, TransportAddress local, Func<TransportAddress>? to = null)
    {
        (_host, _server, _to) = (host, server, to ?? (() => server.Address));
        if (!host.TryBind(local, (_, datagram) => Received.Add(datagram), out TransportAddress bound)) throw new InvalidOperationException("No socket.");
        Address = bound;
    }

    public TransportAddress Address { get; }

    public List<byte[]> Received { get; } = [];

    public string User { get; set; } = SimulatedTurnServer.User;

    public string Password { get; set; } = SimulatedTurnServer.Password;

    public byte[] Nonce { get => _nonce; set => _nonce = value; }

    /// <summary>Whether it names a password algorithm and signs with SHA-256.</summary>
    public bool UsesSha256 { get; set; }

    public bool UsesUserHash { get; set; }

    public StunTransactionId LastId { get; private set; }

    public void Send(ReadOnlySpan<byte> message) => _host.Send(Address, _to(), message);

    /// <summary>Sends a request and returns the answer; null when there is none.</summary>
    public TurnAnswer? Ask(StunMethod method, WriteAttributes write, bool signed = true, StunTransactionId? id = null)
    {
        LastId = id ?? StunTransactionId.Create(_host.Time.Random);
        byte[] buffer = new byte[2048];
        StunMessageWriter writer = new(buffer, StunClass.Request, method, LastId);
        write(ref writer);
        if (signed) Sign(ref writer);
        writer.WriteFingerprint();
        int before = Received.Count;
        Send(buffer.AsSpan(0, writer.Length));
        _host.Time.RunFor(TimeSpan.FromMilliseconds(100));
        for (int i = before; i < Received.Count; i++)
        {
            if (!StunMessage.TryParse(Received[i], out StunMessage answer) || answer.TransactionId != LastId) continue;
            if (signed && (answer.HasIntegrity || answer.HasIntegritySha256)) Assert.That(answer.VerifyIntegrity(Key()));
            if (answer.TryGet(StunAttributeType.Nonce, out StunAttribute nonce)) _nonce = nonce.Value.ToArray();
            if (answer.TryGet(StunAttributeType.Realm, out StunAttribute realm)) _realm = realm.Value.ToArray();
            return new TurnAnswer(answer.Class == StunClass.SuccessResponse ? StunErrorCode.None : answer.GetErrorCode(), Received[i]);
        }
        return null;
    }

    /// <summary>Allocates, with the challenge that comes first.</summary>
    public TurnAnswer? Allocate(WriteAttributes? write = null)
    {
        if (_nonce.Length == 0) Ask(StunMethod.Allocate, Transport, signed: false);
        return Ask(StunMethod.Allocate, (ref StunMessageWriter writer) =>
        {
            Transport(ref writer);
            write?.Invoke(ref writer);
        });
    }

    public TransportAddress AllocateRelay(WriteAttributes? write = null)
    {
        TurnAnswer? answer = Allocate(write);
        Assert.That(answer?.Error, Is.EqualTo(StunErrorCode.None));
        StunMessage.TryParse(answer!.Message, out StunMessage message);
        Assert.That(message.TryGetXorAddress(StunAttributeType.XorRelayedAddress, out TransportAddress relay));
        return relay;
    }

    public StunErrorCode? Permit(params TransportAddress[] peers) => Ask(StunMethod.CreatePermission, (ref StunMessageWriter writer) =>
    {
        foreach (TransportAddress peer in peers) writer.WriteXorAddress(StunAttributeType.XorPeerAddress, peer);
    })?.Error;

    public StunErrorCode? Bind(ushort channel, TransportAddress peer) => Ask(StunMethod.ChannelBind, (ref StunMessageWriter writer) =>
    {
        writer.WriteUInt32(StunAttributeType.ChannelNumber, (uint)channel << 16);
        writer.WriteXorAddress(StunAttributeType.XorPeerAddress, peer);
    })?.Error;

    public StunErrorCode? Refresh(uint lifetime, byte family = 0) => Ask(StunMethod.Refresh, (ref StunMessageWriter writer) =>
    {
        writer.WriteUInt32(StunAttributeType.Lifetime, lifetime);
        if (family != 0) writer.WriteUInt32(StunAttributeType.RequestedAddressFamily, (uint)family << 24);
    })?.Error;

    public void SendIndication(TransportAddress peer, ReadOnlySpan<byte> data)
    {
        byte[] buffer = new byte[2048];
        StunMessageWriter writer = new(buffer, StunClass.Indication, StunMethod.Send, StunTransactionId.Create(_host.Time.Random));
        writer.WriteXorAddress(StunAttributeType.XorPeerAddress, peer);
        writer.Write(StunAttributeType.Data, data);
        Send(buffer.AsSpan(0, writer.Length));
        _host.Time.RunFor(TimeSpan.FromMilliseconds(100));
    }

    public static void Transport(ref StunMessageWriter writer) => writer.WriteUInt32(StunAttributeType.RequestedTransport, 17u << 24);

    private StunKey Key() => StunKey.LongTerm(
        User, Encoding.UTF8.GetString(_realm), Password, UsesSha256 ? StunPasswordAlgorithm.Sha256 : StunPasswordAlgorithm.Md5);

    private void Sign(ref StunMessageWriter writer)
    {
        if (UsesUserHash) writer.Write(StunAttributeType.UserHash, StunKey.HashUser(User, Encoding.UTF8.GetString(_realm)));
        else writer.Write(StunAttributeType.Username, Encoding.UTF8.GetBytes(User));
        writer.Write(StunAttributeType.Realm, _realm);
        writer.Write(StunAttributeType.Nonce, _nonce);
        using StunKey key = Key();
        if (!UsesSha256)
        {
            writer.WriteIntegrity(key);
            return;
        }
        writer.Write(StunAttributeType.PasswordAlgorithms, StunPasswordAlgorithms.Sha256ThenMd5);
        writer.WritePasswordAlgorithm(StunPasswordAlgorithm.Sha256);
        writer.WriteIntegritySha256(key);
    }
}
