namespace WebRtcStack.Rtp;

/// <summary>What the application knows of a frame that its bytes do not tell.</summary>
public readonly record struct FrameDescription
{
    /// <summary>The frame of a stream without layers.</summary>
    public FrameDescription()
    {
    }

    /// <summary>The spatial layer, from 0. Each spatial layer of a picture is a frame to a packetizer.</summary>
    public int SpatialId { get; init; }

    /// <summary>The temporal layer, from 0.</summary>
    public int TemporalId { get; init; }

    /// <summary>Whether this is the last spatial layer of its picture; the marker goes with it.</summary>
    public bool IsLastOfPicture { get; init; } = true;

    /// <summary>Whether it needs the next lower spatial layer of its picture (VP9's D).</summary>
    public bool UsesLowerLayer { get; init; }

    /// <summary>Whether higher temporal layers can be taken up from here on (VP8's Y, VP9's U).</summary>
    public bool IsLayerSync { get; init; }

    /// <summary>Whether no other frame needs it (VP8's N, VP9's Z).</summary>
    public bool IsDiscardable { get; init; }

    /// <summary>VP9 in flexible mode: how many pictures back the pictures lie that it refers to.</summary>
    public Vp9References References { get; init; } = new(1);
}

/// <summary>The sending half of a payload format: from a frame to the payloads of its packets. One for each stream.</summary>
/// <remarks>
/// <code>
/// if (packetizer.TryBegin(frame, new FrameDescription(), maxPayloadLength: 1200))
///     while (packetizer.Write(frame, payload, out bool marker) is > 0 and int length) Send(payload[..length], marker);
/// </code>
/// The frame stays the caller's; it is handed in each time and must not change in between. Nothing is allocated.
/// </remarks>
public interface IRtpPacketizer
{
    /// <summary>Begins a frame; one that was not finished is forgotten.</summary>
    /// <param name="frame">The frame, in the form that <see cref="EncodedFrame"/> describes.</param>
    /// <param name="description">What the application knows of it.</param>
    /// <param name="maxPayloadLength">The most bytes of a payload, from 64 on.</param>
    /// <returns>False when the frame is not one of this format, or cannot be sent in payloads of that size.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxPayloadLength"/> is less than 64.</exception>
    bool TryBegin(ReadOnlySpan<byte> frame, in FrameDescription description, int maxPayloadLength);

    /// <summary>Writes the next payload. Call until it returns 0.</summary>
    /// <param name="frame">The same frame.</param>
    /// <param name="destination">Room for the payload: at least the length given to <see cref="TryBegin"/>.</param>
    /// <param name="marker">Whether the packet gets the marker: it is the last of its picture.</param>
    /// <returns>Bytes written; 0 when the frame has ended.</returns>
    int Write(ReadOnlySpan<byte> frame, Span<byte> destination, out bool marker);
}

/// <summary>The pictures that a VP9 picture refers to in flexible mode: up to three P_DIFF of draft-ietf-payload-vp9-16 §4.2.</summary>
/// <param name="First">How many pictures back, 1 to 127; 0 for none.</param>
/// <param name="Second">Another, or 0.</param>
/// <param name="Third">Another, or 0.</param>
public readonly record struct Vp9References(byte First, byte Second = 0, byte Third = 0);
