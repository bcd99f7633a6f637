using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Makes offers (RFC 8829 §5.2). It changes no state: which section is whose becomes true when the offer is applied.</summary>
internal sealed class OfferBuilder(ConnectionContext context)
{
    private readonly SectionWriter _writer = new(context);
    private readonly string _sessionId = (context.Options.Random.NextUInt64() >> 2).ToString(System.Globalization.CultureInfo.InvariantCulture);
    private ulong _version = 1;

    /// <summary>The transceivers of the sections of the last offer, by index; null for other sections.</summary>
    public IReadOnlyList<RTCRtpTransceiver?> Plan { get; private set; } = [];

    /// <summary>The transports of the sections of the last offer, by index.</summary>
    public IReadOnlyList<OfferedTransport> Transports { get; private set; } = [];

    /// <summary>The "o=" line of the next description (RFC 8829 §5.2.1, §5.2.2).</summary>
    private SdpOrigin NextOrigin() => new("-", _sessionId, (++_version).ToString(System.Globalization.CultureInfo.InvariantCulture), "IN", "IP4", "127.0.0.1");

    /// <summary>A description with the lines that offers and answers share (RFC 8839 §5.3: a lite agent says so).</summary>
    public SdpDescription Begin()
    {
        SdpDescription description = new() { Origin = NextOrigin() };
        if (context.Options.Ice.IsLite) description.Attributes.Add("ice-lite");
        return description;
    }

    public SdpDescription Create()
    {
        SdpDescription offer = Begin();
        List<RTCRtpTransceiver?> plan = [];
        Queue<RTCRtpTransceiver> added = new(context.Transceivers.All.Where(transceiver => transceiver.Mid is null && !transceiver.IsStopping));
        HashSet<string> mids = [];
        foreach (SdpMedia previous in Previous())
        {
            if (previous.Mid is { } mid) mids.Add(mid);
        }
        bool isDataDue = context.Channels.IsWanted && context.Channels.Mid is null;
        foreach (SdpMedia previous in Previous()) AddPrevious(offer, previous, plan, added, mids, ref isDataDue);
        bool isDataFirst = offer.Media.Count == 0 && context.Configuration.AlwaysNegotiateDataChannels;        // webrtc-extensions §15.3
        if (isDataFirst) AddData(offer, plan, mids);
        while (added.Count > 0) AddNew(offer, added.Dequeue(), plan, mids);
        if (!isDataFirst && isDataDue) AddData(offer, plan, mids);
        AddTransports(offer);
        LipSyncGroups.AddTo(offer, plan);
        Plan = plan;
        return offer;
    }

    /// <summary>The sections that the session has, from the description that was applied last.</summary>
    private IEnumerable<SdpMedia> Previous()
    {
        NegotiationState negotiation = context.Negotiation;
        return (negotiation.IsOfferer ? negotiation.Local : negotiation.Remote)?.Sdp.Media ?? [];
    }

    private void AddPrevious(
        SdpDescription offer, SdpMedia previous, List<RTCRtpTransceiver?> plan, Queue<RTCRtpTransceiver> added, HashSet<string> mids, ref bool isDataDue)
    {
        RTCRtpTransceiver? transceiver = context.Transceivers.FindByIndex(offer.Media.Count);
        if (transceiver is { IsStopping: false } && transceiver.Mid == previous.Mid)
        {
            plan.Add(transceiver);
            offer.Media.Add(Section(transceiver, transceiver.Mid!));
        }
        else if (context.Channels.Mid is { } data && data == previous.Mid)
        {
            plan.Add(null);
            offer.Media.Add(_writer.Data(data, context.Channels.OffersInit, previous.Protocol));
        }
        else if (transceiver is null && added.Count > 0)             // §5.2.2: a section that is of no use any more is recycled
        {
            AddNew(offer, added.Dequeue(), plan, mids);
        }
        else if (transceiver is null && isDataDue)
        {
            AddData(offer, plan, mids);
            isDataDue = false;
        }
        else
        {
            plan.Add(transceiver);
            offer.Media.Add(SectionWriter.Rejected(previous));
        }
    }

    private void AddNew(SdpDescription offer, RTCRtpTransceiver transceiver, List<RTCRtpTransceiver?> plan, HashSet<string> mids)
    {
        plan.Add(transceiver);
        offer.Media.Add(Section(transceiver, NewMid(mids)));
    }

    private void AddData(SdpDescription offer, List<RTCRtpTransceiver?> plan, HashSet<string> mids)
    {
        offer.Media.Add(_writer.Data(NewMid(mids), context.Channels.OffersInit));
        plan.Add(null);
    }

    private SdpMedia Section(RTCRtpTransceiver transceiver, string mid) =>
        _writer.Rtp(
            transceiver, mid, transceiver.Direction.ToSdp(), CodecPreferences.Apply(transceiver.PreferredCodecs, transceiver.Kind, Codecs(transceiver)),
            HeaderExtensions.Offer(transceiver.GetHeaderExtensionsToNegotiate(), context.Negotiation.Remote?.Sdp, context.Negotiation.Local?.Sdp), allowsMixed: true, offer: null);

    // §5.2.2: payload types that were negotiated stay what they are, and in a bundle each means one codec.
    private List<SdpCodec> Codecs(RTCRtpTransceiver transceiver)
    {
        List<SdpCodec> codecs = [.. transceiver.Codecs];
        Dictionary<byte, SdpCodec> used = [];
        foreach (SdpCodec codec in context.Transceivers.All.SelectMany(other => other.Codecs)) used[codec.PayloadType] = codec;
        foreach (SdpCodec codec in MediaCapabilities.Codecs(transceiver.Kind))
        {
            if (codecs.Exists(known => MediaCapabilities.IsSame(codec, known))) continue;
            SdpCodec? same = used.Values.FirstOrDefault(known => MediaCapabilities.IsSame(codec, known));
            byte payloadType = same?.PayloadType ?? (used.ContainsKey(codec.PayloadType) ? FreePayloadType(used) : codec.PayloadType);
            SdpCodec offered = codec with { PayloadType = payloadType };
            used[payloadType] = offered;
            codecs.Add(offered);
        }
        if (MediaCapabilities.HasRetransmission(transceiver.Kind)) AddRetransmissions(codecs, used);
        else NamePrimary(codecs);
        return context.Options.OfferCongestionControlFeedback ? codecs.ConvertAll(MediaCapabilities.WithCongestionFeedback) : codecs;
    }

    // Each codec that has none yet gets its retransmissions behind it, where it can by the number next to its own.
    private static void AddRetransmissions(List<SdpCodec> codecs, Dictionary<byte, SdpCodec> used)
    {
        foreach (SdpCodec codec in codecs.ToArray())
        {
            if (codec.AssociatedPayloadType is not null || codecs.Exists(known => known.AssociatedPayloadType == codec.PayloadType)) continue;
            SdpCodec? same = used.Values.FirstOrDefault(known => known.AssociatedPayloadType == codec.PayloadType);
            byte next = (byte)(codec.PayloadType + 1);
            byte payloadType = same?.PayloadType ?? (next > 127 || used.ContainsKey(next) ? FreePayloadType(used) : next);
            SdpCodec repair = MediaCapabilities.RetransmissionOf(codec, payloadType);
            used[payloadType] = repair;
            codecs.Insert(codecs.IndexOf(codec) + 1, repair);
        }
    }

    // RED of audio names the payload type that it carries, which may have been given to another codec.
    private static void NamePrimary(List<SdpCodec> codecs)
    {
        for (int i = 0; i < codecs.Count; i++)
        {
            if (AudioRedundancy.PrimaryOf(codecs[i]) is not { } primary || codecs.Exists(codec => codec.PayloadType == primary)) continue;
            SdpCodec carried = codecs.Find(codec => !CodecPreferences.IsHelper(codec.Name) && codec.ClockRate == codecs[i].ClockRate)!;
            codecs[i] = AudioRedundancy.WithPrimary(codecs[i], carried.PayloadType);
        }
    }

    // RFC 5761 §4: dynamic types first, then those that RTCP does not look like.
    private static byte FreePayloadType(Dictionary<byte, SdpCodec> used)
    {
        for (byte type = 127; type >= 96; type--)
        {
            if (!used.ContainsKey(type)) return type;
        }
        byte other = 35;
        while (used.ContainsKey(other)) other++;
        return other;
    }

    private static string NewMid(HashSet<string> mids)
    {
        for (int i = 0; ; i++)
        {
            string mid = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (mids.Add(mid)) return mid;
        }
    }

    // RFC 9429 §5.2.1: all sections are offered as one bundle; what they say of their transports is the bundle policy's business.
    private void AddTransports(SdpDescription offer)
    {
        List<string> bundled = [];
        Transports = context.Sections.PlanOffer(offer);
        for (int i = 0; i < offer.Media.Count; i++)
        {
            SdpMedia section = offer.Media[i];
            if (Transports[i] is not { Transport: { } transport } planned) continue;
            _writer.AddTransport(section, transport, SdpSetup.ActPass, transport.TlsId, planned.IsTagged, Rtcp(transport));
            _writer.AddCryptex(section);
            bundled.Add(section.Mid!);
            if (!planned.IsBundleOnly) continue;
            section.Port = 0;
            section.Attributes.Add("bundle-only");
        }
        if (bundled.Count > 0) offer.Attributes.Add("group", new SdpGroup(SdpGroup.Bundle, bundled).ToString());
    }

    private RtcpPlace Rtcp(BundleTransport transport) =>
        transport.Remote is not null ? (transport.RtcpDtls is null ? RtcpPlace.Shared : RtcpPlace.Own) :
        context.Configuration.RtcpMuxPolicy == RTCRtcpMuxPolicy.Require ? RtcpPlace.SharedOnly : RtcpPlace.Either;
}
