using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The identification header of an Ogg Opus stream (RFC 7845 §5.1), with channel mapping family 0: mono or stereo.</summary>
/// <param name="Channels">1 or 2.</param>
/// <param name="PreSkip">Samples at 48 kHz to drop from the decoder's output at the start; 3840 (80 ms) is recommended for what begins in the middle (§4.2).</param>
/// <param name="InputSampleRate">The rate of the original in Hz, for information; 0 when unknown.</param>
/// <param name="OutputGain">What to amplify by, in dB with 8 bits of fraction.</param>
public readonly record struct OpusHead(byte Channels, ushort PreSkip = 3840, uint InputSampleRate = 48000, short OutputGain = 0)
{
    internal const int Length = 19;

    // §5.1: "OpusHead", version, channel count, pre-skip, input sample rate, output gain, mapping family.
    internal static bool TryRead(ReadOnlySpan<byte> packet, out OpusHead head)
    {
        head = default;
        if (packet.Length < Length || !packet[..8].SequenceEqual("OpusHead"u8) || packet[8] >> 4 != 0) return false;    // minor versions are compatible
        if (packet[9] is not (1 or 2) || packet[18] != 0) return false;
        head = new OpusHead(
            packet[9],
            BinaryPrimitives.ReadUInt16LittleEndian(packet[10..]),
            BinaryPrimitives.ReadUInt32LittleEndian(packet[12..]),
            BinaryPrimitives.ReadInt16LittleEndian(packet[16..]));
        return true;
    }

    internal void Write(Span<byte> destination)
    {
        "OpusHead"u8.CopyTo(destination);
        destination[8] = 1;
        destination[9] = Require.InRange(Channels, (byte)1, (byte)2);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[10..], PreSkip);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], InputSampleRate);
        BinaryPrimitives.WriteInt16LittleEndian(destination[16..], OutputGain);
        destination[18] = 0;
    }
}
