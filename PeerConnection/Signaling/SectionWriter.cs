using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Writes media sections of offers and answers (RFC 8829 §5.2.1, §5.3.1).</summary>
internal sealed class SectionWriter(ConnectionContext context)
{
    public const int SctpPort = 5000;

    private const int DiscardPort = 9;                   // RFC 8840 §4.1.1: candidates are to come

    private const string ModernData = "UDP/DTLS/SCTP", OldData = "DTLS/SCTP";

    /// <summary>A section for a transceiver.</summary>
    /// <param name="transceiver">The transceiver.</param>
    /// <param name="mid">The section's tag.</param>
    /// <param name="direction">Its direction.</param>
    /// <param name="codecs">Its codecs.</param>
    /// <param name="extensions">Its header extensions.</param>
    /// <param name="allowsMixed">Whether two-byte header extension elements are taken beside one-byte ones (RFC 8285 §6).</param>
    /// <param name="offer">The offered section that is answered; null in an offer.</param>
    public SdpMedia Rtp(
        RTCRtpTransceiver transceiver, string mid, SdpDirection direction, IReadOnlyList<SdpCodec> codecs, IReadOnlyList<SdpExtmap> extensions, bool allowsMixed, SdpMedia? offer)
    {
        SdpMedia section = new() { Kind = transceiver.Kind.ToW3CString() };
        section.Connections.Add(SdpConnection.Unspecified);
        section.Attributes.Add("mid", mid);
        if (allowsMixed) section.Attributes.Add(HeaderExtensions.AllowMixed);
        foreach (SdpExtmap extension in extensions) section.Attributes.Add("extmap", extension.ToString());
        section.Attributes.Add(direction.ToSdp());
        if (direction.Sends()) AddStreams(section, transceiver.Sender);
        section.Attributes.Add("rtcp-rsize");
        if (offer is null || RemoteSection.MeasuresAsReceiver(offer)) section.Attributes.Add("rtcp-xr", "rcvr-rtt=all");
        foreach (SdpCodec codec in codecs) codec.AddTo(section);
        IReadOnlyList<string> sent = direction.Sends() ? SentRids(transceiver.Sender, offer) : [];
        IReadOnlyList<string> received = !direction.Receives() ? [] : offer is null ? transceiver.ReceiveRids : [.. SimulcastLines.Sent(offer).Take(context.Options.MaxSimulcastEncodings)];
        if (direction.Sends() && sent.Count == 0) AddSources(section, transceiver.Sender, codecs);      // simulcast is told by rid alone
        SimulcastLines.Add(section, sent, received);
        return section;
    }

    /// <summary>The section of data channels (RFC 8841 §5), in the form of the peer's if it has one.</summary>
    public SdpMedia Data(string mid, bool withInit, string protocol = ModernData)
    {
        // "DTLS/SCTP 5000" with a=sctpmap is what drafts of RFC 8841 had; who offers it reads a port in the format's place.
        bool isOldForm = protocol == OldData;
        SdpMedia section = new() { Kind = "application", Protocol = protocol };
        section.Formats.Add(isOldForm ? SdpNumber(SctpPort) : "webrtc-datachannel");
        section.Connections.Add(SdpConnection.Unspecified);
        section.Attributes.Add("mid", mid);
        if (isOldForm) section.Attributes.Add("sctpmap", $"{SdpNumber(SctpPort)} webrtc-datachannel 65535");
        else section.Attributes.Add("sctp-port", SdpNumber(SctpPort));
        section.Attributes.Add("max-message-size", SdpNumber(context.Options.Sctp.MaxMessageSize));
        if (withInit && !isOldForm) section.Attributes.Add("sctp-init", new SdpSctpInit(context.Channels.LocalInit).ToString());
        return section;
    }

    /// <summary>A section that is rejected, or that was stopped: port 0 and nothing that could be used (RFC 8829 §5.3.1).</summary>
    public static SdpMedia Rejected(SdpMedia like)
    {
        SdpMedia section = new() { Kind = like.Kind, Protocol = like.Protocol, Port = 0 };
        foreach (string format in like.Formats) section.Formats.Add(format);
        section.Connections.Add(SdpConnection.Unspecified);
        if (like.Mid is { } mid) section.Attributes.Add("mid", mid);
        section.Attributes.Add("inactive");
        return section;
    }

    /// <summary>What a section says of its transport.</summary>
    /// <remarks>
    /// Deviation, RFC 9143 §7.1.3: bundled sections repeat what only the tagged one has to say, as browsers' do, for peers that look
    /// into each section; candidates they do not repeat.
    /// </remarks>
    /// <param name="section">The section.</param>
    /// <param name="transport">Its transport.</param>
    /// <param name="setup">Who opens the DTLS association.</param>
    /// <param name="tlsId">What names the association (RFC 8842 §4), or null to leave that out.</param>
    /// <param name="isTagged">Whether it is the section of the transport's candidates.</param>
    /// <param name="rtcp">Where RTCP goes.</param>
    public void AddTransport(SdpMedia section, BundleTransport transport, SdpSetup setup, string? tlsId, bool isTagged, RtcpPlace rtcp)
    {
        if (section.IsRtp) AddRtcp(section, rtcp);
        IceParameters local = transport.Restart ?? transport.Local;
        section.Attributes.Add("ice-ufrag", local.UsernameFragment);
        section.Attributes.Add("ice-pwd", local.Password);
        section.Attributes.Add("ice-options", "trickle ice2");
        DtlsFingerprint fingerprint = context.Certificate.GetFingerprint("sha-256");
        section.Attributes.Add("fingerprint", fingerprint.ToString());
        section.Attributes.Add("setup", setup.ToSdp());
        if (tlsId is not null) section.Attributes.Add("tls-id", tlsId);
        if (isTagged && transport.Restart is null) LocalCandidates.AddAll(section, transport);
    }

    // RFC 5761 §5.1.1, RFC 3605 §2.1, RFC 8858 §3
    private static void AddRtcp(SdpMedia section, RtcpPlace rtcp)
    {
        if (rtcp is RtcpPlace.Own or RtcpPlace.Either) section.Attributes.Add("rtcp", new SdpRtcp(DiscardPort, SdpConnection.Unspecified).ToString());
        if (rtcp != RtcpPlace.Own) section.Attributes.Add("rtcp-mux");
        if (rtcp == RtcpPlace.SharedOnly) section.Attributes.Add("rtcp-mux-only");
    }

    /// <summary>Says that we take packets with Cryptex (RFC 9335 §4), if we are to.</summary>
    public void AddCryptex(SdpMedia section)
    {
        if (context.TakesCryptex && section.IsRtp) section.Attributes.Add("cryptex");
    }

    // RFC 8829 §5.2.1: a=msid for each stream, "-" for none.
    private static void AddStreams(SdpMedia section, RTCRtpSender sender)
    {
        string? track = sender.Track?.Id;
        if (sender.StreamIds.Count == 0) section.Attributes.Add("msid", new SdpMsid(SdpMsid.NoStream, track).ToString());
        foreach (string stream in sender.StreamIds) section.Attributes.Add("msid", new SdpMsid(stream, track).ToString());
    }

    // webrtc-pc §4.4.2: an offer has the rids of several encodings, an answer those of them that the offer asks for.
    private static IReadOnlyList<string> SentRids(RTCRtpSender sender, SdpMedia? offer)
    {
        IReadOnlyList<string> ours = [.. sender.Encodings.Where(encoding => encoding.Rid is not null).Select(encoding => encoding.Rid!)];
        if (offer is null) return ours.Count > 1 ? ours : [];
        return [.. SimulcastLines.Received(offer).Where(ours.Contains)];
    }

    private void AddSources(SdpMedia section, RTCRtpSender sender, IReadOnlyList<SdpCodec> codecs)
    {
        SendLayer layer = sender.Layers[0];
        bool repairs = codecs.Any(codec => codec.AssociatedPayloadType is not null);
        if (repairs) section.Attributes.Add("ssrc-group", new SdpSsrcGroup(RemoteSection.FlowIdentification, [layer.Ssrc, layer.RepairSsrc]).ToString());
        section.Attributes.Add("ssrc", new SdpSsrc(layer.Ssrc, "cname", context.Cname).ToString());
        if (repairs) section.Attributes.Add("ssrc", new SdpSsrc(layer.RepairSsrc, "cname", context.Cname).ToString());
    }

    private static string SdpNumber(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Where the RTCP of a section goes.</summary>
internal enum RtcpPlace
{
    /// <summary>With RTP; the section was negotiated so.</summary>
    Shared,

    /// <summary>With RTP, or not at all (RFC 8858): the rtcpMuxPolicy is "require".</summary>
    SharedOnly,

    /// <summary>As the peer likes it: the rtcpMuxPolicy is "negotiate".</summary>
    Either,

    /// <summary>On a component of its own, as was negotiated.</summary>
    Own,
}
