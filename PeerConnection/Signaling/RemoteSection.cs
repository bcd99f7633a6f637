using WebRtcStack.Ice;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>What is read from the sections of a remote description.</summary>
internal static class RemoteSection
{
    private const int DefaultMaxMessageSize = 65_536;    // RFC 8841 §6.1

    /// <summary>The semantics of a group of a source and its retransmissions.</summary>
    public const string FlowIdentification = "FID";

    /// <summary>The section that describes a section's transport: the tagged one of its bundle, or itself (RFC 9143 §7.1.3).</summary>
    public static SdpMedia Carrier(SdpDescription description, SdpMedia section) => Carrier(description, section, [.. description.GetGroups(SdpGroup.Bundle)]);

    /// <summary>The same, where an answer has decided on the bundles.</summary>
    public static SdpMedia Carrier(SdpDescription description, SdpMedia section, IReadOnlyList<IReadOnlyList<string>> groups)
    {
        if (section.Mid is not { } mid) return section;
        foreach (IReadOnlyList<string> group in groups)
        {
            if (!group.Contains(mid) || group.Select(description.FindMedia).FirstOrDefault(each => each is { Port: not 0 }) is not { } tagged) continue;
            bool isSaidElsewhere = !tagged.Attributes.Contains("ice-ufrag") && section.Attributes.Contains("ice-ufrag");
            return isSaidElsewhere ? section : tagged;
        }
        return section;
    }

    /// <summary>Whether a section has no address of its own (RFC 9143 §6).</summary>
    public static bool IsBundleOnly(SdpMedia section) => section.Port == 0 && section.Attributes.Contains("bundle-only");

    /// <summary>Whether a section is neither rejected nor stopped.</summary>
    public static bool IsInUse(SdpMedia section) => section.Port != 0 || section.Attributes.Contains("bundle-only");

    /// <summary>Whether RTCP goes with RTP (RFC 5761 §5.1.1, RFC 8858 §3).</summary>
    public static bool SharesRtcp(SdpMedia section) => section.Attributes.Contains("rtcp-mux") || section.Attributes.Contains("rtcp-mux-only");

    public static IceParameters? IceParameters(SdpDescription description, SdpMedia section) =>
        description.Inherited(section, "ice-ufrag") is { } fragment && description.Inherited(section, "ice-pwd") is { } password
            ? new IceParameters(fragment, password, description.Attributes.Contains("ice-lite"))
            : null;

    public static IReadOnlyList<SdpFingerprint> Fingerprints(SdpDescription description, SdpMedia section)
    {
        List<SdpFingerprint> fingerprints = [];
        SdpAttributeList lines = section.Attributes.Contains("fingerprint") ? section.Attributes : description.Attributes;
        foreach (string line in lines.All("fingerprint"))
        {
            if (SdpFingerprint.TryParse(line, out SdpFingerprint? fingerprint)) fingerprints.Add(fingerprint);
        }
        return fingerprints;
    }

    public static IReadOnlyList<uint> Ssrcs(SdpMedia section) => [.. SdpSsrc.ReadAll(section).Select(line => line.Ssrc).Distinct()];

    /// <summary>The sources of retransmissions (a=ssrc-group:FID, RFC 5576 §4.2).</summary>
    public static IReadOnlyList<RtpSourcePair> Pairs(SdpMedia section)
    {
        List<RtpSourcePair> pairs = [];
        foreach (string line in section.Attributes.All("ssrc-group"))
        {
            if (SdpSsrcGroup.TryParse(line, out SdpSsrcGroup? group) && group.Semantics == FlowIdentification && group.Sources.Count == 2)
                pairs.Add(new RtpSourcePair(group.Sources[0], group.Sources[1]));
        }
        return pairs;
    }

    /// <summary>Whether receivers may measure round trips (a=rtcp-xr:rcvr-rtt, RFC 3611 §5.1).</summary>
    public static bool MeasuresAsReceiver(SdpMedia section) =>
        section.Attributes.All("rtcp-xr").Any(line => line.Split(' ').Any(format => format.StartsWith("rcvr-rtt", StringComparison.Ordinal)));

    /// <summary>The streams that the section's track belongs to (RFC 8830 §3.2.1; a=ssrc msid lines in older descriptions).</summary>
    public static IReadOnlyList<string> StreamIds(SdpMedia section)
    {
        List<string> ids = [];
        foreach (string line in section.Attributes.All("msid").Concat(SdpSsrc.ReadAll(section).Where(line => line.Attribute == "msid").Select(line => line.Value ?? "")))
        {
            if (SdpMsid.TryParse(line, out SdpMsid? msid) && msid.StreamId != SdpMsid.NoStream && !ids.Contains(msid.StreamId)) ids.Add(msid.StreamId);
        }
        return ids;
    }

    /// <summary>The port of SCTP: a=sctp-port (RFC 8841 §5.1), or the format of the older form "DTLS/SCTP 5000".</summary>
    public static int SctpPort(SdpMedia section)
    {
        string? port = section.Attributes.First("sctp-port") ?? section.Formats[0];
        return int.TryParse(port, out int number) && number is > 0 and <= 65535 ? number : SectionWriter.SctpPort;
    }

    /// <summary>Bytes of the largest message that the peer takes; 0 for any.</summary>
    public static long MaxMessageSize(SdpMedia section) =>
        long.TryParse(section.Attributes.First("max-message-size"), out long size) && size >= 0 ? size : DefaultMaxMessageSize;

    /// <summary>Whether a section says that packets with Cryptex are taken: itself, or for all (RFC 9335 §4).</summary>
    public static bool HasCryptex(SdpDescription description, SdpMedia section) =>
        section.IsRtp && (section.Attributes.Contains("cryptex") || description.Attributes.Contains("cryptex"));

    /// <summary>The INIT chunk of SCTP that is signalled with the section (draft-hancke-tsvwg-snap §4), or null.</summary>
    public static SdpSctpInit? SctpInit(SdpMedia section) =>
        SdpSctpInit.TryParse(section.Attributes.First("sctp-init"), out SdpSctpInit? init) ? init : null;
}
