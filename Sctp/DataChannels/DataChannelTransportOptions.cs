using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Settings of the data channels over one association.</summary>
/// <remarks>Beside what <see cref="SctpOptions"/> says, the worst case is <see cref="MaxChannels"/> times the label and the protocol, up to <see cref="MaxNameBytes"/> each, and <see cref="MaxEarlyBytes"/>.</remarks>
public sealed record DataChannelTransportOptions
{
    /// <summary>The association's settings.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public SctpOptions Sctp { get; init => field = Require.NotNull(value); } = new();

    /// <summary>Whether we are the DTLS client, who gives even ids (RFC 8832 §6); null while unknown, see <see cref="DataChannelTransport.SetRole"/>. Default null.</summary>
    public bool? IsDtlsClient { get; init; }

    /// <summary>Channels at a time, ours and the peer's; one that the peer opens beyond it is reset. Default 1024; from 1 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxChannels { get; init => field = Require.InRange(value, 1, 65535); } = 1024;

    /// <summary>The longest label or protocol that the peer may give a channel, in bytes of UTF-8. Default 65535, what DCEP can carry (RFC 8832 §5.1); from 0 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxNameBytes { get; init => field = Require.InRange(value, 0, 65535); } = 65535;

    /// <summary>Bytes of messages that wait for their channel to be created here, each counted with 32 bytes more; what exceeds it is dropped. Default 1 MiB; from 0 to 1 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxEarlyBytes { get; init => field = Require.InRange(value, 0, 1 << 30); } = 1 << 20;
}
