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

    /// <summary>Bytes of the system's receive buffer asked for each UDP socket; the system may give less. Default 1 MiB; from 8 KiB to 256 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int ReceiveBufferSize { get; init => field = Require.InRange(value, 8 << 10, 256 << 20); } = 1 << 20;

    /// <summary>Bytes of the system's send buffer asked for each UDP socket. Default 1 MiB; from 8 KiB to 256 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int SendBufferSize { get; init => field = Require.InRange(value, 8 << 10, 256 << 20); } = 1 << 20;

    /// <summary>In place of the system's judgement about certificates of TLS servers, as tests need it. Default null: the system's.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the transport logs to.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
