namespace WebRtcStack.Transport;

/// <summary>Finds where the first message of a byte stream ends: STUN and ChannelData (RFC 8656 §12.5), or RFC 4571.</summary>
/// <param name="stream">What has arrived and was not taken.</param>
/// <param name="length">Bytes of the message with all its framing; 0 while too little is there to tell.</param>
/// <returns>False when this is no such stream; the connection is then closed.</returns>
public delegate bool StreamFraming(ReadOnlySpan<byte> stream, out int length);

/// <summary>What a <see cref="StreamConnection"/> tells; each from any thread.</summary>
public interface IStreamOwner
{
    /// <summary>It is open: messages can be sent, and are being received.</summary>
    void StreamOpened(StreamConnection connection);

    /// <summary>Bytes have arrived: take messages with <see cref="StreamConnection.TryTake"/> until there is none. Nothing more is read before.</summary>
    void StreamIsReady(StreamConnection connection);

    /// <summary>It has ended, or was never opened. Told once.</summary>
    void StreamClosed(StreamConnection connection, string reason);
}
