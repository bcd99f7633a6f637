using System.Diagnostics.Metrics;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Rtp;
using WebRtcStack.Sctp;
using WebRtcStack.Srtp;

namespace WebRtcStack;

/// <summary>
/// Puts what a connection's layers have dropped on the meter "WebRtcStack", by layer and reason: at most once a second while
/// datagrams come, and when the connection ends. The layers count; nothing is added to a packet's way.
/// </summary>
internal sealed class DropMeter
{
    private static readonly Meter s_meter = new("WebRtcStack", "0.1.0");
    private static readonly Counter<long> s_dropped = s_meter.CreateCounter<long>(
        "webrtcstack.datagrams.dropped", "{datagram}", "Inbound datagrams, or parts of them, discarded by a layer, by reason.");

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly IceDropReason[] s_ice = Enum.GetValues<IceDropReason>();
    private static readonly DtlsDropReason[] s_dtls = Enum.GetValues<DtlsDropReason>();
    private static readonly SrtpDropReason[] s_srtp = Enum.GetValues<SrtpDropReason>();
    private static readonly RtpDropReason[] s_rtp = Enum.GetValues<RtpDropReason>();
    private static readonly SctpDropReason[] s_sctp = Enum.GetValues<SctpDropReason>();

    private readonly Dictionary<(string Layer, string Reason), long> _reported = [];
    private Instant _next;

    public void ReportIfDue(PeerTransport peer, Instant now)
    {
        if (now < _next || !s_dropped.Enabled) return;
        _next = now + s_interval;
        Report(peer);
    }

    public void Report(PeerTransport peer)
    {
        if (!s_dropped.Enabled) return;
        foreach (IceDropReason reason in s_ice) Add("ice", reason, peer.Ice.GetDropped(reason));
        long stray = 0;
        foreach (TransportStack stack in peer.Stacks)
        {
            stray += stack.Dropped;
            if (stack.Dtls is { } dtls) Array.ForEach(s_dtls, reason => Add("dtls", reason, dtls.GetDropCount(reason)));
            if (stack.Unprotector is { } srtp) Array.ForEach(s_srtp, reason => Add("srtp", reason, srtp.GetDropCount(reason)));
            if (stack.Data is { } data) Array.ForEach(s_sctp, reason => Add("sctp", reason, data.Drops[reason]));
            Array.ForEach(s_rtp, reason => Add("rtp", reason, stack.Rtp.GetDropped(reason)));
        }
        Add("transport", "NoLayer", stray);
    }

    private void Add<T>(string layer, T reason, long total) where T : notnull
    {
        if (total == 0) return;
        string name = reason.ToString()!;
        _reported.TryGetValue((layer, name), out long before);
        if (total <= before) return;
        _reported[(layer, name)] = total;
        s_dropped.Add(total - before, new KeyValuePair<string, object?>("layer", layer), new KeyValuePair<string, object?>("reason", name));
    }
}
