using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Makes answers (RFC 8829 §5.3).</summary>
internal sealed class AnswerBuilder(ConnectionContext context, OfferBuilder offers)
{
    private readonly SectionWriter _writer = new(context);

    /// <summary>The transports of the sections of the last answer, by index; null for those that are rejected.</summary>
    public IReadOnlyList<BundleTransport?> Transports { get; private set; } = [];

    public SdpDescription Create(SdpDescription offer)
    {
        SdpDescription answer = offers.Begin();
        BundleRules rules = new(offer, context.Configuration.BundlePolicy);
        Dictionary<SdpMedia, SdpMedia> answers = [];
        foreach (SdpMedia offered in offer.Media) answers.Add(offered, rules.IsRefused(offered) ? SectionWriter.Rejected(offered) : Answer(offer, offered));
        IReadOnlyList<IReadOnlyList<string>> groups = rules.Groups(section => answers[section].Port != 0);
        foreach (SdpMedia offered in rules.WithoutTransport(groups)) answers[offered] = SectionWriter.Rejected(offered);
        Transports = context.Sections.PlanAnswer(offer, groups, section => answers[section].Port != 0);
        HashSet<BundleTransport> tagged = [];
        for (int i = 0; i < offer.Media.Count; i++)
        {
            SdpMedia offered = offer.Media[i], section = answers[offered];
            answer.Media.Add(section);
            if (Transports[i] is not { } transport) continue;
            SdpMedia carrier = RemoteSection.Carrier(offer, offered, groups);
            bool isNew = DtlsRenewal.IsAsked(transport, offer, carrier);
            if (isNew) transport.NextTlsId ??= transport.NewTlsId();
            string? tlsId = offer.Inherited(carrier, "tls-id") is null ? null : transport.NextTlsId ?? transport.TlsId;      // RFC 8842 §5.3
            bool isBundled = groups.Any(group => group.Contains(offered.Mid!));
            RtcpPlace rtcp = isBundled || RemoteSection.SharesRtcp(offered) || transport.RtcpDtls is null ? RtcpPlace.Shared : RtcpPlace.Own;
            _writer.AddTransport(section, transport, Setup(offer.Inherited(carrier, "setup"), transport, isNew), tlsId, tagged.Add(transport), rtcp);
            if (RemoteSection.HasCryptex(offer, offered)) _writer.AddCryptex(section);
        }
        foreach (IReadOnlyList<string> group in groups) answer.Attributes.Add("group", new SdpGroup(SdpGroup.Bundle, group).ToString());
        LipSyncGroups.AddTo(answer, offer);
        return answer;
    }

    private SdpMedia Answer(SdpDescription offer, SdpMedia offered)
    {
        if (!RemoteSection.IsInUse(offered) || offered.Mid is not { } mid) return SectionWriter.Rejected(offered);
        if (offered.IsDataChannel) return _writer.Data(mid, context.Channels.AcceptsInit && RemoteSection.SctpInit(offered) is not null, offered.Protocol);
        if (!offered.IsRtp || context.Transceivers.FindByMid(mid) is not { IsStopping: false } transceiver) return SectionWriter.Rejected(offered);
        IReadOnlyList<SdpCodec> codecs = CodecPreferences.Apply(
            transceiver.PreferredCodecs, transceiver.Kind, MediaCapabilities.Select(transceiver.Kind, offered.GetCodecs()));
        if (codecs.Count == 0) return SectionWriter.Rejected(offered);
        SdpDirection direction = transceiver.Direction.ToSdp() & Direction(offer, offered).Reverse();
        bool allowsMixed = HeaderExtensions.AllowsMixed(offer, offered);
        return _writer.Rtp(transceiver, mid, direction, codecs, HeaderExtensions.Answer(transceiver.GetHeaderExtensionsToNegotiate(), offered, allowsMixed), allowsMixed, offered);
    }

    internal static SdpDirection Direction(SdpDescription description, SdpMedia section)
    {
        if (section.Direction is { } direction) return direction;
        foreach (SdpAttribute line in description.Attributes)
        {
            if (line.Value is null && SdpDirectionNames.TryParse(line.Name, out SdpDirection inherited)) return inherited;
        }
        return SdpDirection.SendRecv;
    }

    // RFC 8829 §5.3.1, RFC 8842 §5.3: active, unless the offerer is; and as long as an association lives on, as it is.
    private static SdpSetup Setup(string? offered, BundleTransport transport, bool isNew)
    {
        if (offered == "active") return SdpSetup.Passive;
        if (offered == "passive") return SdpSetup.Active;
        return transport.IsDtlsClient is false && !isNew ? SdpSetup.Passive : SdpSetup.Active;
    }
}
