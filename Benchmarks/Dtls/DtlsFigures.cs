using System.Globalization;
using System.Security.Cryptography;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Benchmarks.Dtls;

/// <summary>
/// Handshakes and records of ours, of BouncyCastle's and of bare AES-GCM in one run, in processor time of the thread that works, so that
/// a busy machine does not distort the ratios: <c>dotnet run -c Release --project Benchmarks -- dtls</c>.
/// </summary>
internal static class DtlsFigures
{
    private const int Rounds = 9;
    private static readonly Instant s_now = new(TimeSpan.TicksPerSecond);
    private static readonly byte[] s_datagram = new byte[1500];

    public static void Run()
    {
        Console.WriteLine("Handshakes, ECDSA P-256 on both sides: microseconds of client and server, handshakes per second and core");
        double bouncyCastle = BouncyCastleHandshakes();
        foreach (DtlsVersionPolicy version in (DtlsVersionPolicy[])[DtlsVersionPolicy.Only12, DtlsVersionPolicy.Only13])
        {
            Handshakes12And13(version, DtlsNamedGroup.X25519, bouncyCastle);
            Handshakes12And13(version, DtlsNamedGroup.Secp256r1, bouncyCastle);
        }
        Handshakes12And13(DtlsVersionPolicy.Only13, DtlsNamedGroup.X25519MLKEM768, bouncyCastle);
        Console.WriteLine("Records, AES-128-GCM: ns to seal and open, MB/s of both together, bytes allocated, both over bare AesGcm; libcrypto is the bare primitive that records use");
        foreach (int size in (int[])[64, 256, 1200])
        {
            double raw = Raw(size);
            RawSeam(size, raw);
            Records(DtlsVersionPolicy.Only12, size, raw);
            Records(DtlsVersionPolicy.Only13, size, raw);
            BouncyCastleRecords(size, raw);
        }
    }

    private static void Handshakes12And13(DtlsVersionPolicy version, DtlsNamedGroup group, double bouncyCastle)
    {
        bool hybrid = group == DtlsNamedGroup.X25519MLKEM768;
        DtlsOptions options = new()
        {
            Certificate = Handshakes.Left,
            Versions = version,
            PostQuantum = hybrid ? DtlsPostQuantumPolicy.Prefer : DtlsPostQuantumPolicy.Off,
            Groups = [hybrid ? DtlsNamedGroup.X25519 : group],
        };
        (double client, double server) = Best(100, () => OneHandshake(options));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  DTLS {(version == DtlsVersionPolicy.Only12 ? "1.2" : "1.3")} {group,-15} client {client,7:F0}  server {server,7:F0}  {1e6 / (client + server),6:F0}/s  {bouncyCastle / (client + server):F1} x BouncyCastle"));
    }

    private static (TimeSpan Client, TimeSpan Server) OneHandshake(DtlsOptions options)
    {
        TimeSpan start = ThreadClock.Now;
        using DtlsConnection client = Handshakes.Create(options, DtlsRole.Client);
        client.Start(s_now);
        TimeSpan clientTime = ThreadClock.Now - start;
        start = ThreadClock.Now;
        using DtlsConnection server = Handshakes.Create(options, DtlsRole.Server);
        server.Start(s_now);
        TimeSpan serverTime = ThreadClock.Now - start;
        while (!client.CanSend || !server.CanSend)
        {
            Move(client, server, ref clientTime, ref serverTime);
            Move(server, client, ref serverTime, ref clientTime);
        }
        return (clientTime, serverTime);
    }

    private static void Move(DtlsConnection from, DtlsConnection to, ref TimeSpan fromTime, ref TimeSpan toTime)
    {
        while (true)
        {
            TimeSpan start = ThreadClock.Now;
            int sent = from.Transmit(s_datagram, s_now);
            TimeSpan middle = ThreadClock.Now;
            for (Span<byte> rest = s_datagram.AsSpan(0, sent); !rest.IsEmpty;) rest = rest[to.Receive(rest, s_now, out _, out _)..];
            fromTime += middle - start;
            toTime += ThreadClock.Now - middle;
            if (sent == 0) return;
        }
    }

    private static double BouncyCastleHandshakes()
    {
        (double client, double server) = Best(20, () =>
        {
            BouncyCastleDtls pair = new();
            pair.Connect(Handshakes.Left, Handshakes.Right);
            return (pair.ClientTime, pair.ServerTime);
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  BouncyCastle 1.2         client {client,7:F0}  server {server,7:F0}  {1e6 / (client + server),6:F0}/s"));
        return client + server;
    }

    private static void Records(DtlsVersionPolicy version, int size, double raw)
    {
        (DtlsConnection client, DtlsConnection server) = Handshakes.CreatePair(new DtlsOptions { Certificate = Handshakes.Left, Versions = version }, s_now);
        while (!client.CanSend || !server.CanSend)
        {
            Handshakes.Deliver(client, server, s_datagram, s_now);
            Handshakes.Deliver(server, client, s_datagram, s_now);
        }
        byte[][] sealedRecords = new byte[1000][];
        for (int i = 0; i < sealedRecords.Length; i++) sealedRecords[i] = new byte[size + DtlsConnection.MaxOverhead];
        int length = 0;
        long before = 0, allocated = 0;
        (double seal, double open) = Best(1, () =>
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = ThreadClock.Now;
            foreach (byte[] record in sealedRecords) length = client.Protect(record, size);
            TimeSpan middle = ThreadClock.Now;
            foreach (byte[] record in sealedRecords) server.Receive(record.AsSpan(0, length), s_now, out _, out _);
            TimeSpan end = ThreadClock.Now;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            return (middle - start, end - middle);
        });
        Print($"DTLS {(version == DtlsVersionPolicy.Only12 ? "1.2" : "1.3")}", size, seal, open, allocated / 2000, raw);
    }

    private static void BouncyCastleRecords(int size, double raw)
    {
        BouncyCastleDtls pair = new();
        pair.Connect(Handshakes.Left, Handshakes.Right);
        byte[] data = new byte[size], buffer = new byte[1500];
        long allocated = 0;
        (double seal, double open) = Best(1, () =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = ThreadClock.Now;
            for (int i = 0; i < 1000; i++) pair.Seal(data);
            TimeSpan middle = ThreadClock.Now;
            for (int i = 0; i < 1000; i++) pair.Open(buffer);
            TimeSpan end = ThreadClock.Now;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            return (middle - start, end - middle);
        });
        Print("BouncyCastle", size, seal, open, allocated / 2000, raw);
    }

    private static double Raw(int size)
    {
        using AesGcm gcm = new(new byte[16], 16);
        byte[] nonce = new byte[12];
        byte[][] datas = [.. Enumerable.Range(0, 1000).Select(_ => new byte[size])], tags = [.. Enumerable.Range(0, 1000).Select(_ => new byte[16])];
        (double seal, double open) = Best(1, () =>
        {
            TimeSpan start = ThreadClock.Now;
            for (int i = 0; i < 1000; i++) gcm.Encrypt(nonce, datas[i], datas[i], tags[i]);
            TimeSpan middle = ThreadClock.Now;
            for (int i = 0; i < 1000; i++) gcm.Decrypt(nonce, datas[i], tags[i], datas[i]);
            return (middle - start, ThreadClock.Now - middle);
        });
        Print("AesGcm", size, seal, open, 0, seal + open);
        return seal + open;
    }

    private static void RawSeam(int size, double raw)
    {
        using Aead aead = new(AeadAlgorithm.Aes128Gcm, new byte[16]);
        byte[] nonce = new byte[12];
        byte[][] datas = [.. Enumerable.Range(0, 1000).Select(_ => new byte[size])], tags = [.. Enumerable.Range(0, 1000).Select(_ => new byte[16])];
        (double seal, double open) = Best(1, () =>
        {
            TimeSpan start = ThreadClock.Now;
            for (int i = 0; i < 1000; i++) aead.Seal(nonce, [], datas[i], tags[i]);
            TimeSpan middle = ThreadClock.Now;
            for (int i = 0; i < 1000; i++) aead.TryOpen(nonce, [], datas[i], tags[i]);
            return (middle - start, ThreadClock.Now - middle);
        });
        Print("libcrypto", size, seal, open, 0, raw);
    }

    private static void Print(string what, int size, double seal, double open, long allocated, double raw) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"  {what,-13} {size,5}  seal {seal,7:F0}  open {open,7:F0}  {size / (seal + open) * 1000,7:F0} MB/s  {allocated,5} B  {(seal + open) / raw:F2}"));

    // The best of some rounds; in microseconds, or nanoseconds where a round is a thousand operations.
    private static (double First, double Second) Best(int repeat, Func<(TimeSpan First, TimeSpan Second)> measure)
    {
        double first = double.MaxValue, second = double.MaxValue;
        for (int i = 0; i < 300 / Rounds * (repeat > 1 ? 1 : 10); i++) measure();          // until the JIT has done its work
        for (int round = 0; round < Rounds * (repeat > 1 ? 1 : 10); round++)
        {
            TimeSpan a = default, b = default;
            for (int i = 0; i < repeat; i++)
            {
                (TimeSpan one, TimeSpan other) = measure();
                (a, b) = (a + one, b + other);
            }
            first = Math.Min(first, a.TotalMicroseconds / repeat);
            second = Math.Min(second, b.TotalMicroseconds / repeat);
        }
        return (first, second);
    }
}
