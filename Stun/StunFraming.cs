using System.Buffers.Binary;

namespace WebRtcStack.Stun;

/// <summary>How messages lie in a byte stream: one behind the other, each as long as its header says (RFC 8489 §6.2.2).</summary>
public static class StunFraming
{
    /// <summary>Finds where the first message of a stream ends.</summary>
    /// <param name="stream">What has been received and not been consumed.</param>
    /// <param name="length">Bytes of the message; 0 while too little is there to tell.</param>
    /// <returns>False when the stream cannot be STUN: the connection has to be closed.</returns>
    public static bool TryGetFrameLength(ReadOnlySpan<byte> stream, out int length)
    {
        length = 0;
        if (stream.Length < 4) return true;
        int body = BinaryPrimitives.ReadUInt16BigEndian(stream[2..]);
        if (stream[0] >> 6 != 0 || (body & 3) != 0) return false;
        if (stream.Length >= 8 && BinaryPrimitives.ReadUInt32BigEndian(stream[4..]) != StunMessage.MagicCookie) return false;
        length = StunMessage.HeaderLength + body;
        return true;
    }
}
