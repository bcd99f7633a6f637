using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>
/// Which peers a server relays to (RFC 8656 §21.1, §21.2.1: a relay must not become a way into the network it stands in).
/// Multicast, broadcast and unspecified addresses never are.
/// </summary>
public sealed record TurnPeerRules
{
    private static readonly AddressRange[] s_never =
    [
        AddressRange.Parse("0.0.0.0/8"),                          // RFC 6890: "this network"
        AddressRange.Parse("240.0.0.0/4"),                        // reserved, and broadcast
        AddressRange.Parse("::/128"),
        AddressRange.Parse("100::/64"),                           // discard-only
    ];

    // What carries an IPv4 address inside is judged by that address: RFC 6052, RFC 3056, RFC 4380.
    private static readonly AddressRange s_nat64 = AddressRange.Parse("64:ff9b::/96");
    private static readonly AddressRange s_sixToFour = AddressRange.Parse("2002::/16");
    private static readonly AddressRange s_teredo = AddressRange.Parse("2001::/32");
    private static readonly AddressRange s_siteLocal = AddressRange.Parse("fec0::/10");

    /// <summary>Whether 127.0.0.0/8 and ::1 may be spoken to. Default false; for tests on one machine.</summary>
    public bool AllowLoopback { get; init; }

    /// <summary>Whether 169.254.0.0/16 and fe80::/10 may be spoken to. Default false: cloud providers have their secrets there.</summary>
    public bool AllowLinkLocal { get; init; }

    /// <summary>Whether RFC 1918, RFC 6598 and RFC 4193 addresses may be spoken to. Default false.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Ranges that may be spoken to whatever the three settings above say. Default none.</summary>
    public IReadOnlyList<AddressRange> Allowed { get; init => field = Require.NotNull(value); } = [];

    /// <summary>Ranges that may not be spoken to, whatever else says that they may. Default none.</summary>
    public IReadOnlyList<AddressRange> Denied { get; init => field = Require.NotNull(value); } = [];

    /// <summary>Whether a peer may be spoken to.</summary>
    public bool Allows(TransportAddress peer)
    {
        if (peer.IsNone || peer.IsUnspecified || peer.IsMulticast || IsAmong(s_never, peer) || IsAmong(Denied, peer)) return false;
        if (TryGetEmbedded(peer, out TransportAddress embedded)) return Allows(embedded);
        if (IsAmong(Allowed, peer)) return true;
        if (peer.IsLoopback) return AllowLoopback;
        if (peer.IsLinkLocal) return AllowLinkLocal;
        return AllowPrivate || !(peer.IsPrivate || s_siteLocal.Contains(peer));
    }

    private static bool TryGetEmbedded(TransportAddress peer, out TransportAddress embedded)
    {
        embedded = default;
        if (!peer.IsIPv6) return false;
        Span<byte> bytes = stackalloc byte[16];
        peer.WriteAddress(bytes);
        if (peer.IsIPv4MappedToIPv6 || s_nat64.Contains(peer)) embedded = TransportAddress.FromBytes(bytes[12..], peer.Port);
        else if (s_sixToFour.Contains(peer)) embedded = TransportAddress.FromBytes(bytes.Slice(2, 4), peer.Port);
        else if (s_teredo.Contains(peer))
        {
            foreach (ref byte each in bytes[12..]) each ^= 0xFF;  // RFC 4380 §4: the client's address, obscured
            embedded = TransportAddress.FromBytes(bytes[12..], peer.Port);
        }
        return !embedded.IsNone;
    }

    private static bool IsAmong(IReadOnlyList<AddressRange> ranges, TransportAddress peer)
    {
        for (int i = 0; i < ranges.Count; i++)
        {
            if (ranges[i].Contains(peer)) return true;
        }
        return false;
    }
}
