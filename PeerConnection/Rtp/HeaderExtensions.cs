using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>The RTP header extensions that are negotiated, and the ids they go by (RFC 8285 §5 to §7).</summary>
internal static class HeaderExtensions
{
    /// <summary>The attribute that says so (RFC 8285 §6).</summary>
    public const string AllowMixed = "extmap-allow-mixed";

    private const int MaxOneByteId = 14;

    private static readonly string[] s_audio = 
    [
        RtpHeaderExtensionUri.Mid, RtpHeaderExtensionUri.AudioLevel, RtpHeaderExtensionUri.MixerAudioLevels, RtpHeaderExtensionUri.AbsoluteCaptureTime,
        RtpHeaderExtensionUri.AbsoluteSendTime, RtpHeaderExtensionUri.TransportWideCongestionControl, RtpHeaderExtensionUri.TransportWideCongestionControl2,
    ];

    private static readonly string[] s_video =
    [
        RtpHeaderExtensionUri.Mid, RtpHeaderExtensionUri.RtpStreamId, RtpHeaderExtensionUri.RepairedRtpStreamId, RtpHeaderExtensionUri.VideoOrientation,
        RtpHeaderExtensionUri.AbsoluteCaptureTime, RtpHeaderExtensionUri.PlayoutDelay, RtpHeaderExtensionUri.VideoContentType, RtpHeaderExtensionUri.ColorSpace,
        RtpHeaderExtensionUri.AbsoluteSendTime, RtpHeaderExtensionUri.TransportWideCongestionControl, RtpHeaderExtensionUri.DependencyDescriptor,
        RtpHeaderExtensionUri.TransportWideCongestionControl2,
    ];

    // What of an extension's id an offer starts from; the same for both kinds, since sections of a bundle share the ids (RFC 9143 §9.1).
    private static readonly string[] s_preferred = [.. s_audio.Union(s_video)];

    /// <summary>What is implemented for a kind, in the order of offers.</summary>
    public static IReadOnlyList<string> Supported(MediaKind kind) => kind == MediaKind.Audio ? s_audio : s_video;

    /// <summary>The direction it is negotiated in unless the application says otherwise: version 2 of transport-wide feedback is there for who asks for it.</summary>
    public static RTCRtpTransceiverDirection DefaultDirection(string uri) =>
        uri == RtpHeaderExtensionUri.TransportWideCongestionControl2 ? RTCRtpTransceiverDirection.Stopped : RTCRtpTransceiverDirection.SendRecv;

    /// <summary>Whether a bundle cannot do without it (RFC 9143 §9.1).</summary>
    public static bool IsMandatory(string uri) => uri == RtpHeaderExtensionUri.Mid;

    /// <summary>The lines of an offered section: an id that the session has used for an extension stays with it (RFC 8285 §6).</summary>
    /// <param name="wanted">The extensions of the transceiver, with their directions.</param>
    /// <param name="session">The descriptions that are in force.</param>
    public static List<SdpExtmap> Offer(IReadOnlyList<RTCRtpHeaderExtensionCapability> wanted, params SdpDescription?[] session)
    {
        Dictionary<string, int> ids = UsedIds(session);
        List<SdpExtmap> offered = [];
        foreach (RTCRtpHeaderExtensionCapability extension in wanted)
        {
            if (extension.Direction == RTCRtpTransceiverDirection.Stopped) continue;
            if (!ids.TryGetValue(extension.Uri, out int id) && (id = FreeId(ids, extension.Uri)) == 0) continue;
            ids[extension.Uri] = id;
            SdpDirection? direction = extension.Direction == RTCRtpTransceiverDirection.SendRecv ? null : extension.Direction.ToSdp();
            offered.Add(new SdpExtmap(id, extension.Uri, direction));
        }
        return offered;
    }

    /// <summary>The lines of an answered section: what both sides have, by the offerer's ids, in directions that both want (RFC 8285 §6).</summary>
    public static List<SdpExtmap> Answer(IReadOnlyList<RTCRtpHeaderExtensionCapability> wanted, SdpMedia offered, bool allowsMixed)
    {
        List<SdpExtmap> answered = [];
        foreach (SdpExtmap theirs in SdpExtmap.ReadAll(offered.Attributes))
        {
            if (!IsUsable(theirs.Id, allowsMixed) || answered.Exists(known => known.Uri == theirs.Uri || known.Id == theirs.Id)) continue;
            if (wanted.FirstOrDefault(extension => extension.Uri == theirs.Uri) is not { Direction: not RTCRtpTransceiverDirection.Stopped } ours) continue;
            SdpDirection both = ours.Direction.ToSdp() & (theirs.Direction ?? SdpDirection.SendRecv).Reverse();
            if (both == SdpDirection.Inactive && theirs.Direction != SdpDirection.Inactive) continue;
            answered.Add(new SdpExtmap(theirs.Id, theirs.Uri, both == SdpDirection.SendRecv ? null : both));
        }
        // Of the two versions of transport-wide feedback one is enough, and the second is only there where both have asked for it.
        if (answered.Exists(line => line.Uri == RtpHeaderExtensionUri.TransportWideCongestionControl2))
            answered.RemoveAll(line => line.Uri == RtpHeaderExtensionUri.TransportWideCongestionControl);
        return answered;
    }

    /// <summary>What was negotiated, seen from this side.</summary>
    /// <param name="answer">The section of the answer.</param>
    /// <param name="isOurs">Whether the answer is ours.</param>
    /// <param name="allowsMixed">Whether both sides take two-byte elements beside one-byte ones (RFC 8285 §6).</param>
    public static NegotiatedExtensions Negotiated(SdpMedia answer, bool isOurs, bool allowsMixed) => new(
        [.. SdpExtmap.ReadAll(answer.Attributes).Where(line => IsUsable(line.Id, allowsMixed))
            .Select(line => isOurs || line.Direction is not { } theirs ? line : line with { Direction = theirs.Reverse() })], allowsMixed);

    /// <summary>Whether a section, or its session, takes two-byte elements beside one-byte ones (RFC 8285 §6).</summary>
    public static bool AllowsMixed(SdpDescription description, SdpMedia section) =>
        section.Attributes.Contains(AllowMixed) || description.Attributes.Contains(AllowMixed);

    // RFC 8285 §4.2, §4.3: 15 means something else in one-byte elements, which all packets that can have.
    private static bool IsUsable(int id, bool allowsMixed) => id is > 0 and <= MaxOneByteId || (allowsMixed && id is > 15 and <= byte.MaxValue);

    private static Dictionary<string, int> UsedIds(SdpDescription?[] session)
    {
        Dictionary<string, int> ids = [];
        foreach (SdpMedia section in session.SelectMany(description => description?.Media ?? []))
        {
            foreach (SdpExtmap line in SdpExtmap.ReadAll(section.Attributes)) ids[line.Uri] = line.Id;
        }
        return ids;
    }

    // 0 when all are taken: the extension is then not offered.
    private static int FreeId(Dictionary<string, int> ids, string uri)
    {
        int preferred = Array.IndexOf(s_preferred, uri) + 1;
        for (int i = 0; i < MaxOneByteId; i++)
        {
            int id = (preferred - 1 + i) % MaxOneByteId + 1;
            if (!ids.ContainsValue(id)) return id;
        }
        return 0;
    }
}

/// <summary>The header extensions of a section as negotiated, with directions seen from this side.</summary>
internal sealed class NegotiatedExtensions(IReadOnlyList<SdpExtmap> lines, bool allowsMixed)
{
    public static NegotiatedExtensions None { get; } = new([], allowsMixed: false);

    /// <summary>Whether packets may have two-byte elements beside others with one-byte ones.</summary>
    public bool AllowsMixed => allowsMixed;

    public IReadOnlyList<SdpExtmap> Lines => lines;

    /// <summary>The id to send an extension by; 0 when it is not to be sent.</summary>
    public byte SendId(string uri) => Find(uri, SdpDirection.SendOnly);

    /// <summary>The id that an extension arrives by; 0 when it is not to be received.</summary>
    public byte ReceiveId(string uri) => Find(uri, SdpDirection.RecvOnly);

    /// <summary>Those that are sent, or received, as parameters have them (webrtc-pc §5.2.9).</summary>
    public IReadOnlyList<RTCRtpHeaderExtensionParameters> ToParameters(SdpDirection part) =>
        [.. lines.Where(line => Includes(line, part)).Select(line => new RTCRtpHeaderExtensionParameters { Uri = line.Uri, Id = (ushort)line.Id })];

    /// <summary>The directions of a transceiver's extensions after an exchange (webrtc-extensions §5.2).</summary>
    public IReadOnlyList<RTCRtpHeaderExtensionCapability> Answered(IReadOnlyList<RTCRtpHeaderExtensionCapability> wanted) =>
        [.. wanted.Select(extension => extension with { Direction = Direction(extension.Uri) })];

    private RTCRtpTransceiverDirection Direction(string uri) =>
        lines.FirstOrDefault(line => line.Uri == uri) is { } found ? (found.Direction ?? SdpDirection.SendRecv).ToRtp() : RTCRtpTransceiverDirection.Stopped;

    private byte Find(string uri, SdpDirection part) => lines.FirstOrDefault(line => line.Uri == uri && Includes(line, part)) is { } found ? (byte)found.Id : (byte)0;

    private static bool Includes(SdpExtmap line, SdpDirection part) => ((line.Direction ?? SdpDirection.SendRecv) & part) != 0;
}
