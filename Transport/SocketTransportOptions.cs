using System.Net.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Settings of <see cref="SocketTransport"/>.</summary>
public sealed record SocketTransportOptions
{
    /// <summary>Event loops, each a thread. Default: one for each processor; from 1 to 256.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Loops { get; init => field = Require.InRange(value, 1, 256); } = Math.Min(Environment.ProcessorCount, 256);

    /// <summary>Bytes of the system's buffers asked for each UDP socket, in each direction; the system may give less. Default 4 MiB, of which an idle socket uses nothing; from 8 KiB to 256 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int SocketBufferSize { get; init => field = Require.InRange(value, 8 << 10, 256 << 20); } = 4 << 20;

    /// <summary>
    /// Bytes that are kept for a UDP socket while the system's buffer is full (Linux), to leave in their order when it has room; what goes
    /// beyond is lost, and counted. Worst-case memory: this for each socket. Default 256 KiB; from 0, which keeps nothing, to 16 MiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxKeptBytes { get; init => field = Require.InRange(value, 0, 16 << 20); } = 256 << 10;

    /// <summary>
    /// Whether datagrams are sent with DF set (IPv4), so that routers drop rather than fragment what is too long; the default size of
    /// datagrams fits nearly every path. Default true.
    /// </summary>
    public bool DontFragment { get; init; } = true;

    /// <summary>
    /// How long a loop that has nothing to do looks again and again before it sleeps. It saves the time of a wake-up, 5 to 50 us,
    /// for a processor that is kept busy. Default 0; to 10 ms.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan SpinDuration { get; init => field = Require.InRange(value, TimeSpan.Zero, TimeSpan.FromMilliseconds(10)); }

    /// <summary>
    /// How long handlers of messages, packets and frames may keep a loop's thread. They run there since a change of threads costs 10 to
    /// 50 us; when they keep it longer, the loop goes on on another thread, and those of the same connection run on the thread pool for a
    /// while, as all others do, and all that take over 200 us. Zero: none runs on a loop's thread. Default 5 ms; from 0 to 1 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MaxHandlerTime { get; init => field = Require.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(1)); } = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether to use portable sockets even where the system has better. Default false; for tests and comparisons.</summary>
    public bool IsPortable { get; init; }

    /// <summary>TCP connections (RFC 6544) that one connection to a peer may have, opened and accepted together. Default 32, each with up to twice <see cref="MaxTcpQueuedBytes"/> and 20 KiB; from 1 to 1024.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxTcpConnections { get; init => field = Require.InRange(value, 1, 1024); } = 32;

    /// <summary>Bytes that wait to be sent over one TCP connection; what exceeds them is lost, as a datagram is to a full buffer. Default 256 KiB; from 8 KiB to 16 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxTcpQueuedBytes { get; init => field = Require.InRange(value, 8 << 10, 16 << 20); } = 256 << 10;

    /// <summary>How long the machine's addresses are remembered before the system is asked again. Default 2 s; from 0 to 10 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan InterfaceCacheDuration { get; init => field = Require.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); }
        = TimeSpan.FromSeconds(2);

    /// <summary>In place of the system's judgement about certificates of TLS servers, as tests need it. Default null: the system's.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the transport logs to.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
