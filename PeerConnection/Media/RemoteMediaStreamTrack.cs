using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>A track that the peer sends; the application reads its RTP packets.</summary>
public sealed class RemoteMediaStreamTrack : MediaStreamTrack
{
    private readonly RTCRtpReceiver _receiver;
    private readonly CallbackQueue _callbacks;
    private readonly int _maxQueued;
    private readonly Queue<(RtpPacketFields Fields, MessageLease Payload)> _queue = new();
    private readonly Action _raise;
    private bool _scheduled;
    private long _dropped;

    internal RemoteMediaStreamTrack(RTCRtpReceiver receiver, MediaKind kind, string id, CallbackQueue callbacks, int maxQueued)
        : base(kind, id, $"remote {kind.ToW3CString()}", muted: true) =>
        (_receiver, _callbacks, _maxQueued, _raise) = (receiver, callbacks, maxQueued, Raise);

    /// <summary>An RTP packet has arrived, in the order of arrival: packets may be missing, doubled or out of order.</summary>
    public event EventHandler<RtpPacketEvent>? OnRtpPacket;

    /// <summary>Packets that were dropped because the application was too slow (<see cref="WebRtcOptions.MaxQueuedRtpPackets"/>).</summary>
    public long PacketsDropped => Interlocked.Read(ref _dropped);

    /// <summary>Asks the peer for a key frame (PLI, RFC 4585 §6.3.1), at most every half second.</summary>
    public void RequestKeyFrame() => _receiver.RequestKeyFrame();

    // On the loop: the packet is copied, since its datagram's memory is used again.
    internal void Deliver(in RtpPacketFields fields, ReadOnlySpan<byte> payload)
    {
        if (OnRtpPacket is null || !Enabled || ReadyState == MediaStreamTrackState.Ended) return;
        lock (_queue)
        {
            if (_queue.Count >= _maxQueued)
            {
                _queue.Dequeue().Payload.Dispose();
                Interlocked.Increment(ref _dropped);
            }
            _queue.Enqueue((fields, MessageLease.CopyOf(payload)));
            if (_scheduled) return;
            _scheduled = true;
        }
        _callbacks.Post(_raise);
    }

    private void Raise()
    {
        while (true)
        {
            (RtpPacketFields Fields, MessageLease Payload) next;
            lock (_queue)
            {
                if (_queue.Count == 0)
                {
                    _scheduled = false;
                    return;
                }
                next = _queue.Dequeue();
            }
            using MessageLease payload = next.Payload;
            bool returned = false;
            try
            {
                OnRtpPacket?.Invoke(this, new RtpPacketEvent(next.Fields, payload.Memory));
                returned = true;
            }
            finally
            {
                if (!returned) _callbacks.Post(_raise);          // a handler that throws loses its own packet and no other
            }
        }
    }
}

/// <summary>An RTP packet has arrived.</summary>
/// <param name="fields">Its fields.</param>
/// <param name="payload">Its payload.</param>
public sealed class RtpPacketEvent(RtpPacketFields fields, ReadOnlyMemory<byte> payload) : EventArgs
{
    /// <summary>Its fields.</summary>
    public RtpPacketFields Fields { get; } = fields;

    /// <summary>Its payload, padding taken off. It is valid until the handler returns: copy what must live longer.</summary>
    public ReadOnlyMemory<byte> Payload { get; } = payload;
}
