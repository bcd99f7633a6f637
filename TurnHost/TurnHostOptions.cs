using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.TurnHost;

/// <summary>Where clients reach a <see cref="TurnServerHost"/>.</summary>
/// <param name="Address">An address of this machine, not a wildcard, and a port; port 0 takes one that is free.</param>
/// <param name="Protocol">UDP, TCP or TLS.</param>
public readonly record struct TurnListener(TransportAddress Address, TransportProtocol Protocol);

/// <summary>Finds out a user's password.</summary>
/// <param name="username">The user name as the client sent it.</param>
/// <returns>The password, or null when there is no such user.</returns>
public delegate Task<string?> TurnAuthentication(string username);

/// <summary>Settings of a <see cref="TurnServerHost"/>.</summary>
public sealed record TurnHostOptions
{
    /// <summary>What the server itself is told: realm, users, quotas, rules. Required. Which families it relays follows from <see cref="RelayAddresses"/>.</summary>
    public required TurnServerOptions Server { get; init => field = Require.NotNull(value); }

    /// <summary>Where to listen. Required; at least one.</summary>
    /// <exception cref="ArgumentException">The list is empty, or has a wildcard address.</exception>
    public required IReadOnlyList<TurnListener> Listeners
    {
        get;
        init
        {
            Require.NotNull(value);
            foreach (TurnListener each in value)
            {
                if (each.Address.IsNone || each.Address.IsUnspecified)
                    throw new ArgumentException("Listen on addresses of this machine, one by one: replies have to come from where requests went.", nameof(value));
            }
            field = value.Count > 0 ? value : throw new ArgumentException("Name at least one address to listen on.", nameof(value));
        }
    }

    /// <summary>Addresses of this machine that sockets towards peers are opened on: one IPv4, one IPv6, or both; ports are not looked at. Required.</summary>
    public required IReadOnlyList<TransportAddress> RelayAddresses { get; init => field = Require.NotNull(value); }

    /// <summary>What peers reach <see cref="RelayAddresses"/> by, where a 1:1 NAT stands in front; in the same order. Default: those themselves.</summary>
    public IReadOnlyList<TransportAddress> ExternalAddresses { get; init => field = Require.NotNull(value); } = [];

    /// <summary>The ports of relayed addresses. Default 49152 to 65535 (RFC 8656 §7.2).</summary>
    public PortRange RelayPorts { get; init; } = new(49_152, 65_535);

    /// <summary>The certificate of TLS listeners, with its private key.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// Threads, each with sockets, users and allocations of its own: the system spreads clients over them by address. Users' quotas hold
    /// for all together, other limits for each; reserved ports can be had from the same thread alone. Default 1; from 1 to 256; more than one needs Linux.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Workers { get; init => field = Require.InRange(value, 1, 256); } = 1;

    /// <summary>Is asked about users that are neither in <see cref="TurnServerOptions.Users"/> nor have time-limited credentials. Default null.</summary>
    public TurnAuthentication? Authentication { get; init; }

    /// <summary>How many TCP and TLS connections each worker holds; further ones are closed. Default 16384; from 1 to 1048576.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxStreams { get; init => field = Require.InRange(value, 1, 1 << 20); } = 16_384;

    /// <summary>How long a TCP or TLS connection may be without an allocation. Default 30 s; from 1 s to 1 h.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan StreamIdleTimeout { get; init => field = Require.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>How sockets are served: the size of the system's buffers, and whether to use what is portable. The rest is set by the host.</summary>
    public UdpSocketGroupOptions Sockets { get; init => field = Require.NotNull(value); } = new() { SocketBufferSize = 4 << 20 };

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init => field = Require.NotNull(value); } = TimeProvider.System;

    /// <summary>Where the host logs to.</summary>
    public ILoggerFactory LoggerFactory { get; init => field = Require.NotNull(value); } = NullLoggerFactory.Instance;
}
