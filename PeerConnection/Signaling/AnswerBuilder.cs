using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Makes answers (RFC 8829 §5.3).</summary>
internal sealed class AnswerBuilder(ConnectionContext context, OfferBuilder offers)
{
    private readonly SectionWriter _writer = new(context);

    public SdpDescription Create(SdpDescription offer)
    {
        SdpDescription answer = offers.Begin();
        IReadOnlyList<string> group = offer.GetGroups("BUNDLE").FirstOrDefault() ?? [];
        List<string> bundled = [];
        for (int i = 0; i < offer.Media.Count; i++)
        {
            SdpMedia offered = offer.Media[i];
            SdpMedia section = Answer(offer, offered);
            answer.Media.Add(section);
            if (section.Port == 0) continue;
            bool isBundled = offered.Mid is { } mid && group.Contains(mid);
            BundleTransport transport = context.Transports.For(offered.Mid, isBundled && group.Count > 0 ? group[0] : null);
            bool carries = !isBundled || bundled.Count == 0;
            if (isBundled) bundled.Add(offered.Mid!);
            _writer.AddTransport(section, transport, Setup(offer.Inherited(offered, "setup"), transport), carries);
        }
        if (bundled.Count > 0) answer.Attributes.Add("group", "BUNDLE " + string.Join(" ", bundled));
        return answer;
    }

    private SdpMedia Answer(SdpDescription offer, SdpMedia offered)
    {
        bool isBundleOnly = offered.Attributes.Contains("bundle-only");
        if ((offered.Port == 0 && !isBundleOnly) || offered.Mid is not { } mid) return SectionWriter.Rejected(offered);
        if (offered.IsDataChannel) return _writer.Data(mid, context.Channels.AcceptsInit && RemoteSection.SctpInit(offered) is not null, offered.Protocol);
        if (!offered.IsRtp || context.Transceivers.FindByMid(mid) is not { IsStopping: false } transceiver) return SectionWriter.Rejected(offered);
        IReadOnlyList<SdpCodec> codecs = MediaCapabilities.Select(transceiver.Kind, offered.GetCodecs());
        if (codecs.Count == 0) return SectionWriter.Rejected(offered);
        SdpDirection direction = transceiver.Direction.ToSdp() & Direction(offer, offered).Reverse();
        return _writer.Rtp(transceiver, mid, direction, codecs, RemoteSection.MidExtensionId(offered));
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

    // RFC 8829 §5.3.1, RFC 8842 §5.3: active, unless the offerer is; and once there is an association, as it is.
    private static SdpSetup Setup(string? offered, BundleTransport transport)
    {
        if (offered == "active") return SdpSetup.Passive;
        if (offered == "passive") return SdpSetup.Active;
        return transport.IsDtlsClient is false ? SdpSetup.Passive : SdpSetup.Active;
    }
}
