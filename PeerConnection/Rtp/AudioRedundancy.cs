using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Puts a sender's audio into RED (RFC 2198), each packet with those before it, where that was negotiated and is asked for.</summary>
internal sealed class AudioRedundancy
{
    private const string CodecName = "red";

    private readonly byte _payloadType, _primary;
    private readonly int _room;
    private readonly RedSender _sender;
    private ushort _next;

    private AudioRedundancy(byte payloadType, byte primary, int distance, int room) =>
        (_payloadType, _primary, _room, _sender) = (payloadType, primary, room, new RedSender(distance));

    /// <summary>Makes one for a sender's codecs.</summary>
    /// <param name="codecs">What was negotiated.</param>
    /// <param name="distance">How many earlier packets go with each.</param>
    /// <param name="room">The most bytes of a payload.</param>
    /// <returns>Null when redundancy is off, or was not negotiated.</returns>
    public static AudioRedundancy? Create(IReadOnlyList<SdpCodec> codecs, int distance, int room)
    {
        if (distance == 0) return null;
        foreach (SdpCodec codec in codecs)
        {
            if (PrimaryOf(codec) is { } primary) return new AudioRedundancy(codec.PayloadType, primary, distance, room);
        }
        return null;
    }

    /// <summary>The payload type that RED of audio carries: all that its a=fmtp line names (RFC 2198 §5, "111/111"). Null for other codecs, and for RED that mixes.</summary>
    public static byte? PrimaryOf(SdpCodec codec) =>
        codec.Name.Equals(CodecName, StringComparison.OrdinalIgnoreCase) ? OnlyOne(codec.Parameters.Text.Split('/')) : null;

    /// <summary>RED that carries another payload type than before.</summary>
    public static SdpCodec WithPrimary(SdpCodec codec, byte primary)
    {
        string name = primary.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return codec with { Parameters = new SdpFormatParameters(name + "/" + name) };
    }

    private static byte? OnlyOne(string[] names) =>
        names.All(name => name == names[0]) && byte.TryParse(names[0], out byte primary) && primary < 128 ? primary : null;

    /// <summary>Wraps a packet of the primary codec, whose payload's lease changes hands; leaves others as they are.</summary>
    public void Wrap(ref RtpHeader header, ref MessageLease payload)
    {
        if (header.PayloadType != _primary) return;
        if (header.SequenceNumber != _next) _sender.Reset();             // what is repeated belongs to the numbers right before
        _next = (ushort)(header.SequenceNumber + 1);
        MessageLease wrapped = MessageLease.Rent(_room);
        int length = _sender.Write(wrapped.Span, _primary, header.Timestamp, payload.Span);
        if (length == 0)
        {
            wrapped.Dispose();
            return;
        }
        payload.Dispose();
        (header, payload) = (header with { PayloadType = _payloadType }, wrapped.Truncate(length));
    }
}
