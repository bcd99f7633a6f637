using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>A connection to a server over TCP or TLS, as a loop opens it for one of its connections.</summary>
public sealed class LoopStream
{
    /// <summary>The address to connect from; its port is not looked at, unless <see cref="SharesPort"/>. None: the system chooses.</summary>
    public TransportAddress Local { get; init; }

    /// <summary>
    /// Whether to connect from <see cref="Local"/>'s port as well, which may be one that accepts connections: so that a server sees what a
    /// NAT makes of that port (RFC 6544 appendix B). Default false.
    /// </summary>
    public bool SharesPort { get; init; }

    /// <summary>The server. Required.</summary>
    public required TransportAddress Remote { get; init; }

    /// <summary>The server's name for TLS; null for TCP.</summary>
    public string? TlsHost { get; init; }

    /// <summary>How messages lie in the stream. Required.</summary>
    public required StreamFraming Framing { get; init => field = Require.NotNull(value); }

    /// <summary>How long connecting and the TLS handshake may take. Default 10 s.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Called on the loop once it is open. Required.</summary>
    public required Action<LoopStream> Opened { get; init => field = Require.NotNull(value); }

    /// <summary>Called on the loop when it has ended, or could not be opened, with the reason; not when it was closed from here. Required.</summary>
    public required Action<LoopStream, string> Closed { get; init => field = Require.NotNull(value); }

    /// <summary>Its addresses and protocol; none before it is open.</summary>
    public NetworkPath Path { get; set; }

    internal LoopRegistration? Registration { get; set; }

    internal StreamConnection? Connection { get; set; }

    internal bool IsClosed { get; set; }
}
