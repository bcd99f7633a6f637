using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>A connection of ours on a socket of loopback, for real peers.</summary>
internal static class UdpLoop
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>A started connection of ours.</summary>
    public static DtlsPeer Create(
        DtlsRole role, DtlsCertificate ours, DtlsCertificate theirs, DtlsPostQuantumPolicy postQuantum = DtlsPostQuantumPolicy.Prefer)
    {
        return Create(new DtlsOptions { Certificate = ours, Role = role, PostQuantum = postQuantum }, theirs);
    }

    /// <summary>A started connection of ours.</summary>
    public static DtlsPeer Create(DtlsOptions options, DtlsCertificate theirs)
    {
        DtlsPeer peer = new(options, RandomSource.Cryptographic) { KeepData = true };
        peer.Connection.SetRemoteFingerprints([theirs.GetFingerprint()]);
        peer.Connection.Start(Now());
        return peer;
    }

    /// <summary>Moves datagrams until the condition holds.</summary>
    public static void Run(DtlsPeer peer, Socket socket, ref EndPoint? remote, Tool tool, Func<bool> done)
    {
        byte[] buffer = new byte[65536];
        Instant end = Now() + s_patience;
        while (true)
        {
            while (remote is not null && peer.Transmit(buffer.AsSpan(0, 1200), Now()) is > 0 and int length)
                socket.SendTo(buffer.AsSpan(0, length), SocketFlags.None, remote);
            if (done()) return;
            if (Now() > end) Assert.Fail($"It takes too long; state {peer.Connection.State}.\n{tool.Output}");
            if (tool.HasExited && !done()) Assert.Fail($"The peer has ended; state {peer.Connection.State}.\n{tool.Output}");
            TimeSpan wait = Instant.Min(peer.NextTimeout, Now() + TimeSpan.FromMilliseconds(50)) - Now();
            if (socket.Poll(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, SelectMode.SelectRead))
            {
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                int received = socket.ReceiveFrom(buffer, ref from);
                remote ??= from;
                peer.Receive(buffer.AsSpan(0, received), Now());
            }
            peer.AdvanceTo(Now());
        }
    }

    /// <summary>A socket on a free port of loopback.</summary>
    public static Socket Bind()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static Instant Now() => new((long)(Stopwatch.GetTimestamp() * (double)TimeSpan.TicksPerSecond / Stopwatch.Frequency));
}
