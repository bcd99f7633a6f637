namespace WebRtcStack;

/// <summary>A track that the application writes RTP packets to; every sender that has the track sends them.</summary>
public sealed class LocalMediaStreamTrack : MediaStreamTrack
{
    private readonly object _gate = new();
    private RTCRtpSender[] _senders = [];

    /// <summary>Creates a track.</summary>
    /// <param name="kind">Audio or video.</param>
    /// <param name="label">A name for people.</param>
    public LocalMediaStreamTrack(MediaKind kind, string label = "") : base(kind, Guid.NewGuid().ToString(), label, muted: false) { }

    /// <summary>A receiver asks for a key frame (PLI or FIR); give one soon.</summary>
    public event EventHandler? OnKeyFrameRequested;

    /// <summary>Sends one RTP packet through every sender that has the track. From any thread; the packet is copied.</summary>
    /// <param name="packet">Its fields. The senders put in their own source, and shift sequence number and timestamp by a constant.</param>
    /// <param name="payload">Its payload, at most <see cref="WebRtcOptions.Mtu"/> less 44 bytes for the headers and SRTP, 1188 by default, so that it fits the path; larger ones are dropped.</param>
    /// <remarks>Before the sender is connected, or while the track is not <see cref="MediaStreamTrack.Enabled"/>, packets are dropped.</remarks>
    public void WriteRtp(in RtpPacketFields packet, ReadOnlySpan<byte> payload)
    {
        if (!Enabled || ReadyState == MediaStreamTrackState.Ended) return;
        foreach (RTCRtpSender sender in Volatile.Read(ref _senders)) sender.Send(packet, payload);
    }

    internal void Attach(RTCRtpSender sender)
    {
        lock (_gate)
        {
            if (!_senders.Contains(sender)) Volatile.Write(ref _senders, [.. _senders, sender]);
        }
    }

    internal void Detach(RTCRtpSender sender)
    {
        lock (_gate) Volatile.Write(ref _senders, Array.FindAll(_senders, attached => attached != sender));
    }

    internal void RaiseKeyFrameRequested() => OnKeyFrameRequested?.Invoke(this, EventArgs.Empty);
}

/// <summary>The fields of an RTP packet that an application sets and sees.</summary>
/// <param name="PayloadType">The payload type, as negotiated with the peer.</param>
/// <param name="SequenceNumber">The sequence number; one more for each packet.</param>
/// <param name="Timestamp">The timestamp in units of the payload's clock rate.</param>
/// <param name="Marker">Whether the end of a frame, or the start of a talk spurt, is marked.</param>
public readonly record struct RtpPacketFields(byte PayloadType, ushort SequenceNumber, uint Timestamp, bool Marker);
