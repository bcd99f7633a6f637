using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>What setCodecPreferences allows, and what it does to the codecs of a section (webrtc-pc §5.4.2).</summary>
internal static class CodecPreferences
{
    private static readonly string[] s_helpers = ["rtx", "red", "ulpfec", "flexfec-03", "CN", "telephone-event"];

    /// <summary>Whether a format only goes along with others: a section needs a codec beside it.</summary>
    public static bool IsHelper(string name) => s_helpers.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The steps of setCodecPreferences up to the last.</summary>
    /// <exception cref="DOMException">InvalidModificationError.</exception>
    public static IReadOnlyList<RTCRtpCodec> Validate(MediaKind kind, IReadOnlyList<RTCRtpCodec> codecs)
    {
        if (codecs.Count == 0) return codecs;
        IReadOnlyList<RTCRtpCodec> known = RTCRtpCapabilities.Of(kind).Codecs;
        List<RTCRtpCodec> preferred = [];
        foreach (RTCRtpCodec codec in codecs)
        {
            if (!known.Any(capability => capability.Matches(codec)))
                throw DOMException.InvalidModification($"{codec.MimeType}/{codec.ClockRate} \"{codec.SdpFmtpLine}\" is not among the capabilities; take it from GetCapabilities.");
            if (!preferred.Exists(earlier => earlier.Matches(codec))) preferred.Add(codec);
        }
        if (!preferred.Exists(codec => codec.IsMedia))
            throw DOMException.InvalidModification("The list has no codec that carries media, only ones that go along with others; add one.");
        return preferred;
    }

    /// <summary>The codecs of a section that were preferred, in the preferred order; all of them when there is no preference.</summary>
    public static IReadOnlyList<SdpCodec> Apply(IReadOnlyList<RTCRtpCodec> preferred, MediaKind kind, IReadOnlyList<SdpCodec> codecs)
    {
        if (preferred.Count == 0) return codecs;
        List<SdpCodec> chosen = [];
        bool withRetransmission = preferred.Any(codec => string.Equals(codec.Name, "rtx", StringComparison.OrdinalIgnoreCase));
        foreach (RTCRtpCodec wanted in preferred)
        {
            foreach (SdpCodec codec in codecs)
            {
                if (codec.AssociatedPayloadType is not null || chosen.Contains(codec) || !IsWanted(wanted, kind, codec)) continue;
                chosen.Add(codec);
                if (withRetransmission) chosen.AddRange(codecs.Where(repair => repair.AssociatedPayloadType == codec.PayloadType));
            }
        }
        chosen.RemoveAll(red => AudioRedundancy.PrimaryOf(red) is { } primary && !chosen.Exists(codec => codec.PayloadType == primary));
        return chosen.Exists(codec => !IsHelper(codec.Name)) ? chosen : codecs;
    }

    // The peer's parameters need not be ours: what is symmetrical decides.
    private static bool IsWanted(RTCRtpCodec wanted, MediaKind kind, SdpCodec codec) =>
        string.Equals(wanted.MimeType, RTCRtpCodec.Of(kind, codec).MimeType, StringComparison.OrdinalIgnoreCase) &&
        MediaCapabilities.IsSame(wanted.ToSdp(), codec);
}
