using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>Two connections and somebody who knows their secrets: it writes records that a correct peer would not send, with valid protection.</summary>
internal sealed class Forger : IDisposable
{
    private readonly Dictionary<(DtlsRole Sender, ushort Epoch), CiphertextProtection> _unified = [];
    private readonly Dictionary<DtlsRole, RecordProtection> _classic = [];

    private Forger(DtlsPeer client, DtlsPeer server) => (Client, Server) = (client, server);

    public DtlsPeer Client { get; }

    public DtlsPeer Server { get; }

    /// <summary>Connects a pair, and reads its key log.</summary>
    public static Forger Connect(DtlsOptions client, DtlsOptions server, Instant now)
    {
        List<string> log = [];
        byte[] serverRandom = [], buffer = new byte[2000];
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(RandomSource.Seeded(1), now, client with { KeyLog = log.Add }, server);
        while (left.Transmit(buffer, now) is > 0 and int length) right.Receive(buffer.AsSpan(0, length), now);
        while (right.Transmit(buffer, now) is > 0 and int length)
        {
            if (serverRandom.Length == 0) serverRandom = buffer.AsSpan(RecordHeader.Size + FragmentHeader.Size + 2, 32).ToArray();
            left.Receive(buffer.AsSpan(0, length), now);
        }
        DtlsPeer.Exchange(left, right, now);
        Assert.That(left.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", left.Events));
        Forger forger = new(left, right);
        Assert.That(CipherSuite.TryGet(left.Connection.CipherSuite, out CipherSuite suite));
        foreach (string line in log) forger.Read(line.Split(' '), suite, serverRandom);
        return forger;
    }

    /// <summary>Writes a record in the name of one side.</summary>
    public byte[] Record(DtlsRole sender, ContentType type, ushort epoch, ulong sequence, ReadOnlySpan<byte> content)
    {
        if (epoch == 0) return Plain(type, sequence, content);
        if (_unified.TryGetValue((sender, epoch), out CiphertextProtection? unified))
        {
            byte[] record = new byte[UnifiedHeader.Size + content.Length + CiphertextProtection.Trailer];
            content.CopyTo(record.AsSpan(UnifiedHeader.Size));
            unified.Seal(record, type, epoch, sequence);
            return record;
        }
        RecordProtection classic = _classic[sender];
        byte[] fragment = new byte[content.Length + classic.Overhead];
        content.CopyTo(fragment.AsSpan(classic.ExplicitNonceLength));
        RecordHeader header = new(type, DtlsVersion.Dtls12, epoch, sequence, fragment.Length);
        classic.Seal(header, fragment);
        byte[] whole = new byte[RecordHeader.Size + fragment.Length];
        header.Write(whole);
        fragment.CopyTo(whole, RecordHeader.Size);
        return whole;
    }

    /// <summary>Writes a record without protection.</summary>
    public static byte[] Plain(ContentType type, ulong sequence, ReadOnlySpan<byte> content)
    {
        byte[] record = new byte[RecordHeader.Size + content.Length];
        new RecordHeader(type, DtlsVersion.Dtls12, 0, sequence, content.Length).Write(record);
        content.CopyTo(record.AsSpan(RecordHeader.Size));
        return record;
    }

    public void Dispose()
    {
        foreach (CiphertextProtection protection in _unified.Values) protection.Dispose();
        foreach (RecordProtection protection in _classic.Values) protection.Dispose();
        Client.Dispose();
        Server.Dispose();
    }

    private void Read(string[] line, in CipherSuite suite, byte[] serverRandom)
    {
        byte[] secret = Convert.FromHexString(line[2]);
        if (line[0] == "CLIENT_RANDOM")
            (_classic[DtlsRole.Client], _classic[DtlsRole.Server]) = RecordProtection.CreatePair(suite, secret, Convert.FromHexString(line[1]), serverRandom);
        if (!line[0].Contains("TRAFFIC", StringComparison.Ordinal)) return;
        DtlsRole sender = line[0].StartsWith("CLIENT", StringComparison.Ordinal) ? DtlsRole.Client : DtlsRole.Server;
        ushort epoch = line[0].Contains("HANDSHAKE", StringComparison.Ordinal) ? HandshakeState13.HandshakeEpoch : HandshakeState13.ApplicationEpoch;
        _unified[(sender, epoch)] = new CiphertextProtection(suite, secret);
    }
}
