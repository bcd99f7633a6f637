using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>From H.265 payloads to access units in Annex B (RFC 7798 §4.4): single NAL units, aggregation packets, fragmentation units, and what PACI packets carry.</summary>
/// <remarks>
/// Without sprop-max-don-diff decoding order is transmission order, as a real-time sender has it. With it packets carry decoding order
/// numbers, which <see cref="WithDecodingOrder"/> passes over: frames come as they are transmitted, each whole, and a decoder that was
/// promised another order puts them into it by their picture order counts.
/// </remarks>
public sealed class H265Depacketizer : IRtpDepacketizer
{
    private const byte FuStart = 0x80, FuEnd = 0x40;

    private const int OrderLength = 2, OrderDifferenceLength = 1;         // DONL and DOND of §4.4.1 to §4.4.3
    private readonly bool _hasOrder;

    private H265Depacketizer(bool hasOrder) => _hasOrder = hasOrder;

    /// <summary>The instance for streams without decoding order numbers.</summary>
    public static H265Depacketizer Instance { get; } = new(hasOrder: false);

    /// <summary>The instance for streams with sprop-max-don-diff above 0 (RFC 7798 §7.1), whose packets carry decoding order numbers.</summary>
    public static H265Depacketizer WithDecodingOrder { get; } = new(hasOrder: true);

    /// <summary>Whether an access unit is a key frame: it has a random access picture or the parameters of one.</summary>
    public static bool IsKeyFrame(ReadOnlySpan<byte> frame)
    {
        for (int position = 0; AnnexB.TryReadUnit(frame, ref position, out int start, out _);)
        {
            if (H265NalUnit.IsKey(H265NalUnit.TypeOf(frame[start]))) return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public bool TryInspect(ReadOnlySpan<byte> payload, out RtpPayloadInfo info)
    {
        info = default;
        if (!TryUnwrap(payload, out byte first, out byte second, out ReadOnlySpan<byte> body)) return false;
        int type = H265NalUnit.TypeOf(first);
        switch (type)
        {
            case <= H265NalUnit.LastSingle:
                if (!TrySkipOrder(ref body)) return false;
                info = Describe(type, second, body);
                return true;
            case H265NalUnit.Aggregate:
                return TryInspectAggregate(body, out info);
            case H265NalUnit.Fragment:
                if (body.Length < 2) return false;
                bool isStart = (body[0] & FuStart) != 0;
                type = body[0] & 0x3F;
                body = body[1..];
                if (isStart && !TrySkipOrder(ref body)) return false;
                info = Describe(type, second, body);
                if (!isStart) info = info with { Start = FrameStart.No };
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> payload, FrameBuffer frame, bool follows)
    {
        Require.NotNull(frame);
        if (!follows) frame.AbandonUnit();
        if (!TryUnwrap(payload, out byte first, out byte second, out ReadOnlySpan<byte> body)) return;
        int type = H265NalUnit.TypeOf(first);
        if (type == H265NalUnit.Fragment)
        {
            AppendFragment(first, second, body, frame);
            return;
        }
        frame.AbandonUnit();                                              // its rest is not coming any more
        if (type == H265NalUnit.Aggregate)
        {
            for (bool isFirst = true; TryReadAggregated(ref body, isFirst, out ReadOnlySpan<byte> unit); isFirst = false)
            {
                frame.Append(AnnexB.StartCode);
                frame.Append(unit);
            }
            return;
        }
        if (!TrySkipOrder(ref body)) return;
        AppendHeader(first, second, frame);
        frame.Append(body);
    }

    /// <inheritdoc/>
    public void Complete(FrameBuffer frame) => Require.NotNull(frame).AbandonUnit();

    // §4.4.4: a PACI packet is another packet whose type moved into cType and whose extensions follow the header.
    //
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |    PayloadHdr (Type=50)       |A|   cType   | PHSsize |F0..2|Y|
    private static bool TryUnwrap(ReadOnlySpan<byte> payload, out byte first, out byte second, out ReadOnlySpan<byte> body)
    {
        (first, second) = (0, 0);
        body = default;
        if (payload.Length < H265NalUnit.HeaderLength) return false;
        (first, second) = (payload[0], payload[1]);
        body = payload[H265NalUnit.HeaderLength..];
        if (H265NalUnit.TypeOf(first) != H265NalUnit.ContentInformation) return true;
        if (body.Length < 2) return false;
        int type = body[0] >> 1 & 0x3F, extensions = (body[0] & 1) << 4 | body[1] >> 4;
        if (type == H265NalUnit.ContentInformation || body.Length < 2 + extensions) return false;    // PACI packets are not nested
        first = (byte)(body[0] & 0x80 | first & 1 | type << 1);
        body = body[(2 + extensions)..];
        return true;
    }

    private bool TrySkipOrder(scoped ref ReadOnlySpan<byte> body, int length = OrderLength)
    {
        if (!_hasOrder) return true;
        if (body.Length < length) return false;
        body = body[length..];
        return true;
    }

    private static void AppendHeader(byte first, byte second, FrameBuffer frame)
    {
        frame.Append(AnnexB.StartCode);
        ReadOnlySpan<byte> header = [first, second];
        frame.Append(header);
    }

    // §4.4.3
    private void AppendFragment(byte first, byte second, ReadOnlySpan<byte> body, FrameBuffer frame)
    {
        byte header = body[0];
        body = body[1..];
        if ((header & FuStart) != 0)
        {
            frame.AbandonUnit();
            if (!TrySkipOrder(ref body)) return;
            frame.BeginUnit();
            AppendHeader(H265NalUnit.WithType(first, header & 0x3F), second, frame);
        }
        if (!frame.HasOpenUnit) return;                                   // its start is lost: §4.4.3 asks to drop the rest
        frame.Append(body);
        if ((header & FuEnd) != 0) frame.EndUnit();
    }

    private bool TryInspectAggregate(ReadOnlySpan<byte> rest, out RtpPayloadInfo info)
    {
        info = default;
        bool any = false;
        while (TryReadAggregated(ref rest, !any, out ReadOnlySpan<byte> unit))
        {
            RtpPayloadInfo next = Describe(H265NalUnit.TypeOf(unit[0]), unit[1], unit[H265NalUnit.HeaderLength..]);
            info = any ? info with { IsKeyFrame = info.IsKeyFrame || next.IsKeyFrame } : next;
            any = true;
        }
        return any && rest.IsEmpty;
    }

    // §4.4.2: the first unit has a decoding order number, the others the difference to the one before.
    private bool TryReadAggregated(ref ReadOnlySpan<byte> rest, bool isFirst, out ReadOnlySpan<byte> unit)
    {
        unit = default;
        ReadOnlySpan<byte> ahead = rest;
        if (!TrySkipOrder(ref ahead, isFirst ? OrderLength : OrderDifferenceLength)) return false;
        if (ahead.Length < 2 + H265NalUnit.HeaderLength) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(ahead);
        if (length < H265NalUnit.HeaderLength || length > ahead.Length - 2) return false;
        unit = ahead.Slice(2, length);
        rest = ahead[(2 + length)..];
        return true;
    }

    // A slice's first bit is first_slice_segment_in_pic_flag (H.265 §7.3.6.1).
    private static RtpPayloadInfo Describe(int type, byte second, ReadOnlySpan<byte> body) => new()
    {
        Start = type switch
        {
            H265NalUnit.Delimiter or H265NalUnit.VideoParameters => FrameStart.Certain,
            <= H265NalUnit.LastSlice when body.IsEmpty || (body[0] & 0x80) == 0 => FrameStart.No,
            _ => FrameStart.Possible,
        },
        IsKeyFrame = H265NalUnit.IsKey(type),
        TemporalId = H265NalUnit.TemporalIdOf(second),
    };
}
