using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>
/// The codecs that are negotiated. Packets pass as they are and codecs are the application's, so that this is what RTP
/// can carry and what browsers know, in the order of preference.
/// </summary>
internal static class MediaCapabilities
{
    private const string Retransmission = "rtx", CongestionFeedback = "ack ccfb", TransportFeedback = "transport-cc";

    private static readonly string[] s_audioFeedback = [TransportFeedback];
    private static readonly string[] s_videoFeedback = ["goog-remb", TransportFeedback, "ccm fir", "ccm tmmbr", "nack", "nack pli"];

    private static readonly SdpCodec[] s_audio =
    [
        Audio(111, "opus", 48_000, 2, "minptime=10;useinbandfec=1"),
        Audio(63, "red", 48_000, 2, "111/111"),
        Audio(9, "G722", 8_000),
        Audio(0, "PCMU", 8_000),
        Audio(8, "PCMA", 8_000),
        Audio(110, RTCDTMFSender.CodecName, 48_000),
        Audio(126, RTCDTMFSender.CodecName, 8_000),
    ];

    private static readonly SdpCodec[] s_video =
    [
        Video(96, "VP8", ""),
        Video(102, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
        Video(104, "H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"),
        Video(98, "VP9", "profile-id=0"),
        Video(45, "AV1", "level-idx=5;profile=0;tier=0"),
    ];

    public static IReadOnlyList<SdpCodec> Codecs(MediaKind kind) => kind == MediaKind.Audio ? s_audio : s_video;

    /// <summary>The offered codecs that we have too, with the offered payload types, in the offered order (RFC 8829 §5.3.1).</summary>
    public static IReadOnlyList<SdpCodec> Select(MediaKind kind, IReadOnlyList<SdpCodec> offered)
    {
        List<SdpCodec> selected = [];
        foreach (SdpCodec theirs in offered)
        {
            if (theirs.AssociatedPayloadType is { } repaired)
            {
                // RFC 4588 §8.6: of use only with what it repairs, which need not come first.
                if (offered.FirstOrDefault(codec => codec.PayloadType == repaired) is { } media && HasRetransmission(kind) && Find(kind, media) is not null) selected.Add(theirs);
            }
            else if (AudioRedundancy.PrimaryOf(theirs) is { } primary && !offered.Any(codec => codec.PayloadType == primary && Find(kind, codec) is not null))
            {
                continue;                                                // RFC 2198 §5: of no use without what it carries
            }
            else if (Find(kind, theirs) is { } match)
            {
                selected.Add(theirs with { Feedback = [.. theirs.Feedback.Where(each => IsTaken(each, match, theirs))] });
            }
        }
        return selected;
    }

    /// <summary>Whether lost packets of a kind are sent again by a stream of their own (RFC 4588).</summary>
    public static bool HasRetransmission(MediaKind kind) => kind == MediaKind.Video;

    /// <summary>The retransmissions of a codec.</summary>
    public static SdpCodec RetransmissionOf(SdpCodec codec, byte payloadType) => new()
    {
        PayloadType = payloadType, Name = Retransmission, ClockRate = codec.ClockRate,
        Parameters = new SdpFormatParameters("apt=" + codec.PayloadType.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    };

    /// <summary>The codec with feedback of RFC 8888 beside transport-wide feedback: the peer takes which it likes better.</summary>
    public static SdpCodec WithCongestionFeedback(SdpCodec codec) =>
        codec.Feedback.Contains(TransportFeedback) && !codec.Feedback.Contains(CongestionFeedback) ? codec with { Feedback = [.. codec.Feedback, CongestionFeedback] } : codec;

    private static SdpCodec? Find(MediaKind kind, SdpCodec theirs) => Codecs(kind).FirstOrDefault(ours => IsSame(ours, theirs));

    // Where both kinds of feedback on arrival times are offered one is enough, and RFC 8888 is the standard.
    private static bool IsTaken(string feedback, SdpCodec ours, SdpCodec theirs) => feedback switch
    {
        CongestionFeedback => true,
        TransportFeedback => ours.Feedback.Contains(feedback) && !theirs.Feedback.Contains(CongestionFeedback),
        _ => ours.Feedback.Contains(feedback),
    };

    /// <summary>The payload types as RTP needs to know them.</summary>
    public static RtpPayloadTypes PayloadTypes(IReadOnlyList<SdpCodec> codecs) => new(codecs.Select(codec => new RtpPayloadType(codec.PayloadType, codec.ClockRate)
    {
        Repairs = codec.AssociatedPayloadType, Feedback = FeedbackOf(codec),
    }));

    private static RtpFeedback FeedbackOf(SdpCodec codec)
    {
        RtpFeedback feedback = RtpFeedback.None;
        foreach (string name in codec.Feedback)
        {
            feedback |= name switch
            {
                "nack" => RtpFeedback.Nack,
                "nack pli" => RtpFeedback.PictureLossIndication,
                "ccm fir" => RtpFeedback.FullIntraRequest,
                "ccm tmmbr" => RtpFeedback.MaxBitrate,
                "transport-cc" => RtpFeedback.TransportWide,
                "ack ccfb" => RtpFeedback.CongestionControl,
                "goog-remb" => RtpFeedback.ReceiverEstimate,
                _ => RtpFeedback.None,
            };
        }
        return feedback;
    }

    /// <summary>Whether both are the same format, whatever their payload types.</summary>
    public static bool IsSame(SdpCodec ours, SdpCodec theirs) => ours.HasSameEncoding(theirs) && ours.Name switch
    {
        // RFC 6184 §8.2.2: the packetization mode and the profile are part of what the format is; RFC 9628, AV1 RTP §7.2.3.
        "H264" => Parameter(ours, "packetization-mode", "0") == Parameter(theirs, "packetization-mode", "0") &&
            Profile(ours) == Profile(theirs),
        "VP9" => Parameter(ours, "profile-id", "0") == Parameter(theirs, "profile-id", "0"),
        "AV1" => Parameter(ours, "profile", "0") == Parameter(theirs, "profile", "0"),
        Retransmission => ours.AssociatedPayloadType == theirs.AssociatedPayloadType,
        _ => true,
    };

    private static string Parameter(SdpCodec codec, string name, string otherwise) => codec.Parameters[name] ?? otherwise;

    // The first two bytes of profile-level-id: profile_idc and the constraint flags.
    private static string Profile(SdpCodec codec) => Parameter(codec, "profile-level-id", "42001f") is { Length: >= 4 } id ? id[..4].ToUpperInvariant() : "";

    private static SdpCodec Audio(byte payloadType, string name, uint rate, int channels = 1, string parameters = "") =>
        new()
        {
            PayloadType = payloadType, Name = name, ClockRate = rate, Channels = channels, Parameters = new SdpFormatParameters(parameters), Feedback = s_audioFeedback,
        };

    private static SdpCodec Video(byte payloadType, string name, string parameters) =>
        new() { PayloadType = payloadType, Name = name, ClockRate = 90_000, Parameters = new SdpFormatParameters(parameters), Feedback = s_videoFeedback };
}
