using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>A track that the peer sends; the application reads its frames or its RTP packets, or gives it to senders that forward it.</summary>
/// <remarks>
/// Events and readers have a queue each, of <see cref="WebRtcOptions.MaxQueuedRtpPackets"/> packets or
/// <see cref="WebRtcOptions.MaxQueuedFrames"/> frames; when the application is slower than the peer, the oldest is dropped and counted.
/// Frames are put together while somebody reads them, packets are copied while somebody takes them; otherwise neither costs anything.
/// </remarks>
public sealed class RemoteMediaStreamTrack : MediaStreamTrack
{
    private readonly object _gate = new();
    private readonly RTCRtpReceiver _receiver;
    private readonly RtpPacketEvent _packetEvent = new();      // of the packet that is being raised: one at a time
    private readonly EventDelivery<ReceivedRtpPacket> _packetEvents;
    private readonly EventDelivery<ReceivedFrame> _frameEvents;
    private DeliveryQueue<ReceivedRtpPacket>[] _packetReaders = [];
    private DeliveryQueue<ReceivedFrame>[] _frameReaders = [];
    private RelayTrack[] _relays = [];
    private EventHandler<RtpPacketEvent>? _onRtpPacket;
    private EventHandler<EncodedFrameEvent>? _onFrame;
    private long _droppedByReaders;

    internal RemoteMediaStreamTrack(RTCRtpReceiver receiver, MediaKind kind, string id, bool muted)
        : base(kind, id, $"remote {kind.ToW3CString()}", muted)
    {
        _receiver = receiver;
        _packetEvents = new EventDelivery<ReceivedRtpPacket>(receiver.Callbacks, receiver.MaxQueuedPackets, RaisePacket);
        _frameEvents = new EventDelivery<ReceivedFrame>(receiver.Callbacks, receiver.MaxQueuedFrames, RaiseFrame);
    }

    /// <summary>An RTP packet has arrived, in the order of arrival: packets may be missing, doubled or out of order.</summary>
    public event EventHandler<RtpPacketEvent>? OnRtpPacket
    {
        add => _onRtpPacket += value;
        remove => _onRtpPacket -= value;
    }

    /// <summary>A frame has arrived, in order, after the delay of the jitter buffer (<see cref="RTCRtpReceiver.JitterBufferTarget"/>).</summary>
    public event EventHandler<EncodedFrameEvent>? OnFrame
    {
        add => _onFrame += value;
        remove => _onFrame -= value;
    }

    /// <summary>Packets that were dropped because the application was too slow (<see cref="WebRtcOptions.MaxQueuedRtpPackets"/>).</summary>
    public long PacketsDropped => _packetEvents.Dropped + Volatile.Read(ref _packetReaders).Sum(reader => reader.Dropped) + Interlocked.Read(ref _droppedByReaders);

    /// <summary>Frames that were dropped because the application was too slow (<see cref="WebRtcOptions.MaxQueuedFrames"/>).</summary>
    public long FramesDropped => _frameEvents.Dropped + Volatile.Read(ref _frameReaders).Sum(reader => reader.Dropped);

    /// <summary>With simulcast, the encodings that were negotiated, in the order of their signalling; else none.</summary>
    public IReadOnlyList<string> Rids => _receiver.Rids;

    internal bool WantsFrames => IsPassing && (_onFrame is not null || Volatile.Read(ref _frameReaders).Length > 0);

    /// <summary>Asks the peer for a key frame (PLI, RFC 4585 §6.3.1), at most every half second.</summary>
    /// <param name="rid">With simulcast, the encoding; null for all.</param>
    public void RequestKeyFrame(string? rid = null) => _receiver.RequestKeyFrame(rid);

    /// <summary>The RTP packets from now on, in the order of arrival. Each is the reader's to dispose.</summary>
    /// <param name="cancellation">Ends the reading with an <see cref="OperationCanceledException"/>. It ends by itself when the track does.</param>
    public IAsyncEnumerable<ReceivedRtpPacket> ReadRtpAsync(CancellationToken cancellation = default)
    {
        DeliveryQueue<ReceivedRtpPacket> queue = new(_receiver.MaxQueuedPackets);
        lock (_gate) Volatile.Write(ref _packetReaders, [.. _packetReaders, queue]);
        if (ReadyState == MediaStreamTrackState.Ended) queue.Complete();
        return Read(queue, () =>
        {
            lock (_gate) Volatile.Write(ref _packetReaders, Array.FindAll(_packetReaders, each => each != queue));
            Interlocked.Add(ref _droppedByReaders, queue.Dropped);
        }, cancellation);
    }

    /// <summary>The frames from now on, in order. Each is the reader's to dispose.</summary>
    /// <param name="cancellation">Ends the reading with an <see cref="OperationCanceledException"/>. It ends by itself when the track does.</param>
    public IAsyncEnumerable<ReceivedFrame> ReadFramesAsync(CancellationToken cancellation = default)
    {
        DeliveryQueue<ReceivedFrame> queue = new(_receiver.MaxQueuedFrames);
        lock (_gate) Volatile.Write(ref _frameReaders, [.. _frameReaders, queue]);
        if (ReadyState == MediaStreamTrackState.Ended) queue.Complete();
        return Read(queue, () =>
        {
            lock (_gate) Volatile.Write(ref _frameReaders, Array.FindAll(_frameReaders, each => each != queue));
        }, cancellation);
    }

    /// <inheritdoc/>
    public override MediaStreamTrack Clone()
    {
        RemoteMediaStreamTrack clone = new(_receiver, Kind, Guid.NewGuid().ToString(), Muted);
        CopyStateTo(clone);
        _receiver.AddTrack(clone);
        return clone;
    }

    internal override void KeyFrameWanted(KeyFrameRequestEvent e) => _receiver.RequestKeyFrame(e.Rid);

    internal void AddRelay(RelayTrack relay)
    {
        lock (_gate)
        {
            if (!_relays.Contains(relay)) Volatile.Write(ref _relays, [.. _relays, relay]);
        }
    }

    internal void RemoveRelay(RelayTrack relay)
    {
        lock (_gate) Volatile.Write(ref _relays, Array.FindAll(_relays, each => each != relay));
    }

    // On the loop: what is wanted of the packet is copied, since its datagram's memory is used again.
    internal void Deliver(in IncomingPacket packet)
    {
        if (!IsPassing) return;
        if (_onRtpPacket is not null) _packetEvents.Add(packet.Copy());
        foreach (DeliveryQueue<ReceivedRtpPacket> reader in Volatile.Read(ref _packetReaders)) reader.Add(packet.Copy());
        foreach (RelayTrack relay in Volatile.Read(ref _relays)) relay.Take(this, packet);
        if (Senders.Length > 0 && packet.IsFirstEncoding) Forwarding.Send(Senders, packet, packet.Fields with { Rid = null });
    }

    // On the loop.
    internal void Deliver(in EncodedFrame frame, string? rid)
    {
        if (!IsPassing) return;
        if (_onFrame is not null) _frameEvents.Add(ReceivedFrame.CopyOf(frame, rid));
        foreach (DeliveryQueue<ReceivedFrame> reader in Volatile.Read(ref _frameReaders)) reader.Add(ReceivedFrame.CopyOf(frame, rid));
    }

    // The source has ended, or the track was stopped.
    internal void EndReaders()
    {
        foreach (DeliveryQueue<ReceivedRtpPacket> reader in Volatile.Read(ref _packetReaders)) reader.Complete();
        foreach (DeliveryQueue<ReceivedFrame> reader in Volatile.Read(ref _frameReaders)) reader.Complete();
    }

    private protected override MediaTrackSettings CurrentSettings => _receiver.Settings;

    private protected override void Ended() => EndReaders();

    // webrtc-pc §9.3.1: what is constrainable of a remote track is always refused, and nothing of audio is.
    private protected override string? Refusal(MediaTrackConstraints constraints) => Kind == MediaKind.Audio ? null
        : constraints.Properties.FirstOrDefault(each => each.Name is "width" or "height" or "frameRate" or "aspectRatio").Name;

    private static async IAsyncEnumerable<T> Read<T>(
        DeliveryQueue<T> queue, Action end, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation) where T : struct, IDisposable
    {
        try
        {
            await foreach (T item in queue.ReadAllAsync(cancellation)) yield return item;
        }
        finally
        {
            end();
            queue.Discard();
        }
    }

    private void RaisePacket(ReceivedRtpPacket packet) => _onRtpPacket?.Invoke(this, _packetEvent.With(packet));

    private void RaiseFrame(ReceivedFrame frame) => _onFrame?.Invoke(this, new EncodedFrameEvent(frame.Frame, frame.Rid));
}
