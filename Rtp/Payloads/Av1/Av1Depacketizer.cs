using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>From AV1 payloads to temporal units in the low-overhead format (AV1 RTP §4.4, §4.5): every OBU with its size, temporal delimiters left out.</summary>
public sealed class Av1Depacketizer : IRtpDepacketizer
{
    private const byte Continues = 0x80, WillContinue = 0x40, NewSequence = 8;

    private Av1Depacketizer()
    {
    }

    /// <summary>The one instance.</summary>
    public static Av1Depacketizer Instance { get; } = new();

    /// <inheritdoc/>
    public bool TryInspect(ReadOnlySpan<byte> payload, out RtpPayloadInfo info)
    {
        info = default;
        if (payload.Length < 2 || (payload[0] & (Continues | NewSequence)) == (Continues | NewSequence)) return false;    // §4.4: N implies not Z
        bool isKey = (payload[0] & NewSequence) != 0, isFirst = true;
        byte spatial = 0, temporal = 0;
        ElementReader reader = new(payload);
        while (reader.TryRead(out ReadOnlySpan<byte> element))
        {
            bool isStart = !isFirst || (payload[0] & Continues) == 0;
            isFirst = false;
            if (!isStart || element.IsEmpty) continue;
            isKey |= (element[0] >> 3 & 15) == Av1Obu.SequenceHeader;
            if ((element[0] & Av1Obu.HasExtensionBit) == 0 || element.Length < 2) continue;
            temporal = (byte)(element[1] >> 5);
            spatial = Math.Max(spatial, (byte)(element[1] >> 3 & 3));
        }
        if (!reader.IsWhole) return false;
        info = new RtpPayloadInfo
        {
            Start = (payload[0] & NewSequence) != 0 ? FrameStart.Certain : (payload[0] & Continues) != 0 ? FrameStart.No : FrameStart.Possible,
            IsKeyFrame = isKey,
            SpatialId = spatial,
            TemporalId = temporal,
        };
        return true;
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> payload, FrameBuffer frame, bool follows)
    {
        Require.NotNull(frame);
        bool continues = (payload[0] & Continues) != 0;
        if (!follows || !continues) frame.AbandonUnit();                  // its rest is lost
        ElementReader reader = new(payload);
        for (bool isFirst = true; reader.TryRead(out ReadOnlySpan<byte> element); isFirst = false)
        {
            if (isFirst && continues && !frame.HasOpenUnit) continue;     // its start is lost
            if (!frame.HasOpenUnit) frame.BeginUnit();
            frame.Append(element);
            if (!reader.IsEmpty || (payload[0] & WillContinue) == 0) EndUnit(frame);
        }
    }

    /// <inheritdoc/>
    public void Complete(FrameBuffer frame) => Require.NotNull(frame).AbandonUnit();

    // The OBU as it came lies at the end of the frame: give it the size that RTP leaves out.
    private static void EndUnit(FrameBuffer frame)
    {
        int start = frame.OpenUnit;
        frame.EndUnit();
        if (frame.Overflowed) return;
        ReadOnlySpan<byte> rest = frame.Span[start..];
        int total = rest.Length;
        if (!Av1Obu.TryRead(ref rest, out Av1Obu unit) || Av1Obu.IsLeftOut(unit.Type))
        {
            frame.Truncate(start);
            return;
        }
        frame.Truncate(start + total - rest.Length);                      // behind a unit with a size of its own nothing may follow
        if ((unit.Header & Av1Obu.HasSizeBit) != 0) return;
        int header = unit.HeaderLength;
        Span<byte> size = stackalloc byte[Leb128.MaxLength];
        int length = Leb128.Write(size, (uint)unit.Payload.Length);
        frame.Span[start] |= Av1Obu.HasSizeBit;
        frame.Insert(start + header, size[..length]);
    }

    /// <summary>Walks the OBU elements of a payload: W says how many there are, the last of them without a size; W = 0 gives each a size.</summary>
    private ref struct ElementReader
    {
        private ReadOnlySpan<byte> _rest;
        private readonly int _count;
        private int _read;
        private bool _isBroken;

        public ElementReader(ReadOnlySpan<byte> payload)
        {
            _count = payload[0] >> 4 & 3;
            _rest = payload[1..];
        }

        public readonly bool IsEmpty => _rest.IsEmpty || (_count != 0 && _read == _count);

        public readonly bool IsWhole => !_isBroken && _read > 0 && _rest.IsEmpty && (_count == 0 || _read == _count);

        public bool TryRead(out ReadOnlySpan<byte> element)
        {
            element = default;
            if (_isBroken || IsEmpty) return false;
            uint length = (uint)_rest.Length;
            if (_read != _count - 1 && (!Leb128.TryRead(ref _rest, out length) || length > (uint)_rest.Length))
            {
                _isBroken = true;
                return false;
            }
            element = _rest[..(int)length];
            _rest = _rest[(int)length..];
            _read++;
            return true;
        }
    }
}
