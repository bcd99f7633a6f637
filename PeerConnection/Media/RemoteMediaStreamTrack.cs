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
    private readonly RtpPacketEvent _event = new();      // of the packet that is being raised: one at a time
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
                OnRtpPacket?.Invoke(this, _event.With(next.Fields, payload.Memory));
                returned = true;
            }
            finally
            {
                if (!returned) _callbacks.Post(_raise);          // a handler that throws loses its own packet and no other
            }
        }
    }
}

/// <summary>An RTP packet has arrived. The event is valid until the handler returns: one object serves all packets of a track, so that a packet costs no garbage.</summary>
public sealed class RtpPacketEvent : EventArgs
{
    internal RtpPacketEvent() { }

    /// <summary>Its fields.</summary>
    public RtpPacketFields Fields { get; private set; }

    /// <summary>Its payload, padding taken off. It is valid until the handler returns: copy what must live longer.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    internal RtpPacketEvent With(in RtpPacketFields fields, ReadOnlyMemory<byte> payload)
    {
        (Fields, Payload) = (fields, payload);
        return this;
    }
}
