using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Dtls;

/// <summary>A connection as a layer: keeps events and application data for a test to look at.</summary>
public sealed class DtlsPeer : ILayer, IDisposable
{
    private static readonly DateTimeOffset s_today = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly byte[] _owed = new byte[64];
    private int _owedLength;

    public DtlsPeer(DtlsOptions options, RandomSource random, DtlsAdmission? admission = null) =>
        Connection = new DtlsConnection(options, random, admission);

    public static DtlsCertificate Ecdsa { get; } = DtlsCertificate.Create(new DtlsCertificateOptions(), s_today, RandomSource.Cryptographic);

    public static DtlsCertificate OtherEcdsa { get; } = DtlsCertificate.Create(new DtlsCertificateOptions(), s_today, RandomSource.Cryptographic);

    public static DtlsCertificate Rsa { get; } =
        DtlsCertificate.Create(new DtlsCertificateOptions { KeyType = DtlsKeyType.Rsa2048 }, s_today, RandomSource.Cryptographic);

    /// <summary>Its signatures repeat, so with it and a seeded source a whole handshake does.</summary>
    public static DtlsCertificate Ed25519 { get; } =
        DtlsCertificate.Create(new DtlsCertificateOptions { KeyType = DtlsKeyType.Ed25519 }, s_today, RandomSource.Cryptographic);

    public DtlsConnection Connection { get; }

    public List<DtlsEvent> Events { get; } = [];

    public long ReceivedBytes { get; private set; }

    /// <summary>The latest application data, when <see cref="KeepData"/> is set.</summary>
    public List<byte[]> Data { get; } = [];

    public bool KeepData { get; set; }

    public int MinDatagramSize => DtlsConnection.MinDatagramSize;

    public Instant NextTimeout => Connection.NextTimeout;

    /// <summary>A client and a server that know each other's fingerprints and have started.</summary>
    public static (DtlsPeer Client, DtlsPeer Server) CreatePair(
        RandomSource random, Instant now, DtlsOptions? client = null, DtlsOptions? server = null)
    {
        DtlsPeer left = new((client ?? new DtlsOptions { Certificate = Ecdsa }) with { Role = DtlsRole.Client }, random);
        DtlsPeer right = new((server ?? new DtlsOptions { Certificate = OtherEcdsa }) with { Role = DtlsRole.Server }, random);
        left.Connection.SetRemoteFingerprints([(server?.Certificate ?? OtherEcdsa).GetFingerprint()]);
        right.Connection.SetRemoteFingerprints([(client?.Certificate ?? Ecdsa).GetFingerprint()]);
        left.Connection.Start(now);
        right.Connection.Start(now);
        return (left, right);
    }

    /// <summary>Exchanges datagrams without loss until both have nothing left to say.</summary>
    public static void Exchange(DtlsPeer left, DtlsPeer right, Instant now)
    {
        byte[] buffer = new byte[2000];
        for (bool busy = true; busy;)
        {
            busy = Move(left, right) | Move(right, left);
        }

        bool Move(DtlsPeer from, DtlsPeer to)
        {
            bool any = false;
            while (from.Transmit(buffer, now) is > 0 and int length)
            {
                to.Receive(buffer.AsSpan(0, length), now);
                any = true;
            }
            from.DrainEvents();
            to.DrainEvents();
            return any;
        }
    }

    public void Send(ReadOnlySpan<byte> data)
    {
        data.CopyTo(_owed);
        _owedLength = data.Length;
    }

    public void Receive(Span<byte> datagram, Instant now)
    {
        while (!datagram.IsEmpty)
        {
            int consumed = Connection.Receive(datagram, now, out int offset, out int length);
            if (consumed < 1 || consumed > datagram.Length) Assert.Fail($"consumed {consumed} of {datagram.Length} bytes");
            ReceivedBytes += length;
            if (KeepData && length > 0) Data.Add(datagram.Slice(offset, length).ToArray());
            datagram = datagram[consumed..];
        }
    }

    public int Transmit(Span<byte> destination, Instant now)
    {
        int length = Connection.Transmit(destination, now);
        if (length > 0 || _owedLength == 0 || !Connection.CanSend) return length;
        _owed.AsSpan(0, _owedLength).CopyTo(Connection.PlaintextArea(destination));
        length = Connection.Protect(destination, _owedLength);
        _owedLength = 0;
        return length;
    }

    public void AdvanceTo(Instant now) => Connection.AdvanceTo(now);

    public void DrainEvents()
    {
        while (Connection.TryReadEvent(out DtlsEvent connectionEvent)) Events.Add(connectionEvent);
    }

    public void Dispose() => Connection.Dispose();
}
