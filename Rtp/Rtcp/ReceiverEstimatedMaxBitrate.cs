using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A receiver estimated maximum bit rate (REMB) as a view into its bytes (draft-alvestrand-rmcat-remb-03 §2.2).</summary>
public ref struct ReceiverEstimatedMaxBitrate
{
    internal const uint Identifier = 0x52454D42;                             // "REMB"
    internal const int MantissaBits = 18;

    private WireReader _sources;

    /// <summary>The rate that all named sources together may have.</summary>
    public ulong BitsPerSecond { get; private init; }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |  Unique identifier 'R' 'E' 'M' 'B'                            |
    // |  Num SSRC     | BR Exp    |  BR Mantissa                      |
    // |   SSRC feedback ...                                           |

    /// <summary>Reads the message. False when the feedback is another, or has fewer sources than it counts.</summary>
    public static bool TryParse(scoped in RtcpFeedback feedback, out ReceiverEstimatedMaxBitrate estimate)
    {
        estimate = default;
        WireReader reader = new(feedback.Information);
        if (!feedback.Is(RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.ApplicationLayer) ||
            !reader.TryReadUInt32(out uint identifier) || identifier != Identifier ||
            !reader.TryReadByte(out byte count) || !reader.TryReadUInt24(out uint rate) ||
            !reader.TryReadBytes(count * 4, out ReadOnlySpan<byte> sources)) return false;
        estimate = new ReceiverEstimatedMaxBitrate
        {
            BitsPerSecond = BitrateField.Expand(rate & (1 << MantissaBits) - 1, (int)(rate >> MantissaBits)), _sources = new WireReader(sources),
        };
        return true;
    }

    /// <summary>Reads the next source that the rate is for. False after the last.</summary>
    public bool TryReadSource(out uint ssrc) => _sources.TryReadUInt32(out ssrc);
}
