using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The levels of a packet's contributing sources, mixer to client (RFC 6465 §3), in the order of the header's CSRC list.</summary>
public readonly record struct MixerAudioLevels : IRtpHeaderExtension
{
    private readonly ulong _low, _high;                                   // eight levels each, a byte a level

    /// <summary>Creates the levels of up to 15 sources, each in -dBov from 0 to 127.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are none, or more than 15.</exception>
    public MixerAudioLevels(ReadOnlySpan<byte> levels)
    {
        Length = Require.InRange(levels.Length, 1, RtpHeaderWriter.MaxContributingSources);
        for (int i = 0; i < levels.Length; i++)
        {
            ulong level = (ulong)(levels[i] & 0x7F) << ((i & 7) * 8);
            if (i < 8) _low |= level;
            else _high |= level;
        }
    }

    /// <summary>How many levels there are; one byte each.</summary>
    public int Length { get; }

    /// <summary>The level of the contributing source at <paramref name="index"/>, in -dBov from 0 to 127.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such source.</exception>
    public byte this[int index] => (byte)((Require.InRange(index, 0, Length - 1) < 8 ? _low : _high) >> ((index & 7) * 8));

    /// <summary>Reads an element. False when it is empty or longer than a CSRC list.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out MixerAudioLevels levels)
    {
        levels = default;
        if (source.Length is 0 or > RtpHeaderWriter.MaxContributingSources) return false;
        levels = new MixerAudioLevels(source);
        return true;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        for (int i = 0; i < Length; i++) destination[i] = this[i];
        return Length;
    }
}
