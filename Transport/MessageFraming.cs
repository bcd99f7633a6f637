using System.Buffers.Binary;

namespace WebRtcStack.Transport;

/// <summary>Messages over a byte stream, each behind its length in 16 bits (RFC 4571 §2), as ICE has them on TCP (RFC 6544 §3).</summary>
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------------------------------------------------------+
//  |             LENGTH            |  STUN, DTLS, SRTP, SRTCP ...  |
//  +---------------------------------------------------------------+
public static class MessageFraming
{
    /// <summary>Bytes in front of a message.</summary>
    public const int HeaderLength = 2;

    /// <summary>Writes a message with its length.</summary>
    /// <returns>Bytes written; 0 when <paramref name="destination"/> is too small or the message longer than 65535 bytes.</returns>
    public static int Write(Span<byte> destination, ReadOnlySpan<byte> message)
    {
        if (message.Length > ushort.MaxValue || destination.Length < HeaderLength + message.Length) return 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)message.Length);
        message.CopyTo(destination[HeaderLength..]);
        return HeaderLength + message.Length;
    }
}

/// <summary>Cuts messages out of a byte stream that arrives in pieces (RFC 4571 §2).</summary>
/// <remarks>It keeps one unfinished message: at most the limit given, and two bytes. Not thread-safe.</remarks>
/// <param name="maxMessageLength">The longest message that is taken, in bytes; a stream with a longer one is broken.</param>
public sealed class MessageDeframer(int maxMessageLength)
{
    private readonly byte[] _buffer = new byte[MessageFraming.HeaderLength + maxMessageLength];
    private int _filled, _length;

    /// <summary>Whether a message was longer than the limit: nothing after it can be read, and the stream is to be closed.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The message that <see cref="TryRead"/> has found, valid until the next call; it may be empty, and may be changed in place.</summary>
    public Span<byte> Message => _buffer.AsSpan(MessageFraming.HeaderLength, _length);

    /// <summary>Takes the next message off the front of what has arrived; call with the rest until it returns false, which is when all has been taken.</summary>
    /// <param name="received">The bytes that have arrived.</param>
    /// <param name="consumed">How many of them were used.</param>
    public bool TryRead(ReadOnlySpan<byte> received, out int consumed)
    {
        consumed = 0;
        if (IsBroken || !Fill(received, MessageFraming.HeaderLength, ref consumed)) return false;
        _length = BinaryPrimitives.ReadUInt16BigEndian(_buffer);
        IsBroken = _length > maxMessageLength;
        if (IsBroken || !Fill(received, MessageFraming.HeaderLength + _length, ref consumed)) return false;
        _filled = 0;
        return true;
    }

    private bool Fill(ReadOnlySpan<byte> received, int upTo, ref int consumed)
    {
        int take = Math.Min(received.Length - consumed, upTo - _filled);
        if (take > 0)
        {
            received.Slice(consumed, take).CopyTo(_buffer.AsSpan(_filled));
            consumed += take;
            _filled += take;
        }
        return _filled >= upTo;
    }
}
