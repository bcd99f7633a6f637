using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>From H.264 payloads to access units in Annex B (RFC 6184): single NAL units, STAP-A, FU-A; packetization modes 0 and 1.</summary>
public sealed class H264Depacketizer : IRtpDepacketizer
{
    private const byte FuStart = 0x80, FuEnd = 0x40;

    private H264Depacketizer()
    {
    }

    /// <summary>The one instance.</summary>
    public static H264Depacketizer Instance { get; } = new();

    /// <summary>Whether an access unit is a key frame: it has an IDR slice or a sequence parameter set.</summary>
    public static bool IsKeyFrame(ReadOnlySpan<byte> frame)
    {
        for (int position = 0; AnnexB.TryReadUnit(frame, ref position, out int start, out _);)
        {
            if (H264NalUnit.IsKey(H264NalUnit.TypeOf(frame[start]))) return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public bool TryInspect(ReadOnlySpan<byte> payload, out RtpPayloadInfo info)
    {
        info = default;
        if (payload.IsEmpty) return false;
        int type = H264NalUnit.TypeOf(payload[0]);
        switch (type)
        {
            case > 0 and <= H264NalUnit.LastSingle:
                info = Describe(payload);
                return true;
            case H264NalUnit.StapA:
                return TryInspectAggregate(payload[1..], out info);
            case H264NalUnit.FuA:
                if (payload.Length < 3) return false;
                bool isStart = (payload[1] & FuStart) != 0;
                type = H264NalUnit.TypeOf(payload[1]);
                info = isStart ? Describe(payload[1..]) : new RtpPayloadInfo { Start = FrameStart.No, IsKeyFrame = H264NalUnit.IsKey(type) };
                return true;
            default:
                return false;                                             // STAP-B, MTAP, FU-B: mode 2 alone (§5.4)
        }
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> payload, FrameBuffer frame, bool follows)
    {
        Require.NotNull(frame);
        if (!follows) frame.AbandonUnit();
        int type = H264NalUnit.TypeOf(payload[0]);
        if (type == H264NalUnit.FuA)
        {
            AppendFragment(payload, frame);
            return;
        }
        frame.AbandonUnit();                                              // its rest is not coming any more
        if (type == H264NalUnit.StapA)
        {
            for (ReadOnlySpan<byte> rest = payload[1..]; TryReadAggregated(ref rest, out ReadOnlySpan<byte> unit);) AppendUnit(unit, frame);
            return;
        }
        AppendUnit(payload, frame);
    }

    /// <inheritdoc/>
    public void Complete(FrameBuffer frame) => Require.NotNull(frame).AbandonUnit();

    private static void AppendUnit(ReadOnlySpan<byte> unit, FrameBuffer frame)
    {
        frame.Append(AnnexB.StartCode);
        frame.Append(unit);
    }

    // §5.8: the NAL unit's header is made of the indicator's F and NRI and the FU header's type.
    private static void AppendFragment(ReadOnlySpan<byte> payload, FrameBuffer frame)
    {
        byte indicator = payload[0], header = payload[1];
        if ((header & FuStart) != 0)
        {
            frame.AbandonUnit();
            frame.BeginUnit();
            frame.Append(AnnexB.StartCode);
            ReadOnlySpan<byte> first = [(byte)(indicator & ~H264NalUnit.TypeMask | header & H264NalUnit.TypeMask)];
            frame.Append(first);
        }
        if (!frame.HasOpenUnit) return;                                   // its start is lost: §5.8 asks to drop the rest
        frame.Append(payload[2..]);
        if ((header & FuEnd) != 0) frame.EndUnit();
    }

    private static bool TryInspectAggregate(ReadOnlySpan<byte> rest, out RtpPayloadInfo info)
    {
        info = default;
        bool any = false;
        while (TryReadAggregated(ref rest, out ReadOnlySpan<byte> unit))
        {
            RtpPayloadInfo next = Describe(unit);
            info = any ? info with { IsKeyFrame = info.IsKeyFrame || next.IsKeyFrame } : next;
            any = true;
        }
        return any && rest.IsEmpty;
    }

    private static bool TryReadAggregated(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> unit)
    {
        unit = default;
        if (rest.Length < 3) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (length == 0 || length > rest.Length - 2) return false;
        unit = rest.Slice(2, length);
        rest = rest[(2 + length)..];
        return true;
    }

    // A slice's first bit is set when first_mb_in_slice is 0 (H.264 §7.3.3): the first slice of its picture, if no other unit goes before it.
    private static RtpPayloadInfo Describe(ReadOnlySpan<byte> unit)
    {
        int type = H264NalUnit.TypeOf(unit[0]);
        return new RtpPayloadInfo
        {
            Start = type switch
            {
                H264NalUnit.SequenceParameters or H264NalUnit.Delimiter => FrameStart.Certain,
                H264NalUnit.Slice or H264NalUnit.InstantaneousRefresh when unit.Length > 1 && (unit[1] & 0x80) == 0 => FrameStart.No,
                _ => FrameStart.Possible,
            },
            IsKeyFrame = H264NalUnit.IsKey(type),
        };
    }
}
