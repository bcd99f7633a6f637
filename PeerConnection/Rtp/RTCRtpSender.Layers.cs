using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;
using WebRtcStack.Transport;

namespace WebRtcStack;

public sealed partial class RTCRtpSender
{
    private volatile SendLayer[] _layers = [];
    private volatile int _trackChanges;
    private volatile bool _isSending;
    private Path? _path;

    /// <summary>The encodings on their way to the wire, in the order of [[SendEncodings]].</summary>
    internal IReadOnlyList<SendLayer> Layers => _layers;

    /// <summary>The source of the first encoding.</summary>
    internal uint Ssrc => _layers[0].Ssrc;

    /// <summary>Those of the encodings that were negotiated to send; the loop's.</summary>
    internal IEnumerable<RtpSendStream> Streams
    {
        get
        {
            foreach (SendLayer layer in _layers)
            {
                if (layer.Outlet is { } outlet) yield return outlet.Stream;
            }
        }
    }

    /// <summary>What the frames of the largest encoding tell of the track.</summary>
    internal MediaReading SourceReading => _layers.Select(layer => layer.Outlet?.Meter.Reading ?? default)
        .OrderByDescending(reading => (long)(reading.Width ?? 0) * (reading.Height ?? 0)).FirstOrDefault();

    /// <summary>How often the track has changed; packets of another track continue the stream anew.</summary>
    internal int TrackChanges => _trackChanges;

    /// <summary>Sends a packet of the track. From any thread; the payload is copied.</summary>
    internal bool Send(in RtpPacketFields packet, ReadOnlySpan<byte> payload) => FindOutlet(packet.Rid) is { } outlet &&
        outlet.Post(packet, MessageLease.CopyOf(payload), _trackChanges, RtpOutlet.Elements(packet.AudioLevel, orientation: null));

    /// <summary>Sends a frame of the track. From any thread; it is copied.</summary>
    internal bool Send(in OutgoingFrame frame, ReadOnlySpan<byte> data) =>
        FindOutlet(frame.Rid) is { } outlet && outlet.Post(frame, data, _trackChanges, Kind == MediaKind.Audio);

    /// <summary>The queue for a rid's packets, or null when they are not sent. Without rid it is the first encoding's.</summary>
    internal RtpOutlet? FindOutlet(string? rid)
    {
        if (!_isSending) return null;
        SendLayer[] layers = _layers;
        if (rid is null) return layers[0].IsActive ? layers[0].Outlet : null;
        foreach (SendLayer layer in layers)
        {
            if (layer.Rid == rid) return layer.IsActive ? layer.Outlet : null;
        }
        return null;
    }

    /// <summary>Starts to send, or goes on with what was negotiated anew.</summary>
    internal void Open(BundleTransport transport, string mid, NegotiatedExtensions extensions, IReadOnlyList<SdpCodec> codecs)
    {
        _path = new Path(transport, mid, extensions, codecs);
        OpenLayers(_path);
        _isSending = true;
    }

    /// <summary>Sends nothing until <see cref="Open"/> is called again. The streams rest: they keep their sources and numbers, and nobody is told goodbye.</summary>
    internal void Suspend() => _isSending = false;

    /// <summary>Stops sending; the peer is told goodbye.</summary>
    internal void Close(BundleTransport? transport)
    {
        (_path, _isSending) = (null, false);
        foreach (SendLayer layer in _layers) CloseLayer(layer, transport);
    }

    // [[SendEncodings]] have changed: layers come and go, and those that are sent again need a key frame.
    private void ApplyEncodings()
    {
        SendLayer[] before = _layers;
        List<SendLayer> layers = [];
        foreach (RTCRtpEncodingParameters encoding in _encodings)
        {
            SendLayer? known = Array.Find(before, layer => layer.Rid == encoding.Rid);
            SendLayer layer = known ?? new SendLayer(encoding.Rid, _context.Options.Random.NextUInt32(), _context.Options.Random.NextUInt32());
            if (known is { IsActive: false } && encoding.Active) _context.Fire(() => RaiseKeyFrameRequested(layer.Rid));
            layer.IsActive = encoding.Active;
            layers.Add(layer);
        }
        _layers = [.. layers];
        foreach (SendLayer gone in before.Except(layers)) CloseLayer(gone, _path?.Transport);
        if (_path is { } path) OpenLayers(path);
    }

    private void OpenLayers(Path path)
    {
        for (int i = 0; i < _layers.Length; i++)
        {
            SendLayer layer = _layers[i];
            RTCRtpCodec? chosen = _encodings[i].Codec;
            IReadOnlyList<SdpCodec> codecs = chosen is null ? path.Codecs : [.. path.Codecs.Where(codec => IsUsable(codec, chosen))];
            _context.Post((peer, _) =>
            {
                if (path.Transport.Stack is { } stack) OpenLayer(layer, stack, peer.Registration, path, codecs);
            });
        }
    }

    private void OpenLayer(SendLayer layer, TransportStack stack, LoopRegistration registration, Path path, IReadOnlyList<SdpCodec> codecs)
    {
        uint clockRate = codecs.Count > 0 ? codecs[0].ClockRate : 90_000;
        if (layer.Outlet is not { } outlet)
        {
            outlet = new RtpOutlet(stack.Rtp.AddSendStream(layer.Ssrc, clockRate, MediaCapabilities.HasRetransmission(Kind) ? layer.RepairSsrc : null), registration, _context.Options);
            stack.Outlets.Add(outlet);
        }
        outlet.SetCodecs([.. codecs.Where(codec => codec.AssociatedPayloadType is null)]);
        RtpSendStream stream = outlet.Stream;
        stream.PayloadTypes = MediaCapabilities.PayloadTypes(codecs);
        (stream.Mid, stream.MidExtensionId, stream.ClockRate) = (Encoding.ASCII.GetBytes(path.Mid), path.Extensions.SendId(RtpHeaderExtensionUri.Mid), clockRate);
        if (layer.Rid is { } rid) (stream.Rid, stream.RidExtensionId) = (Encoding.ASCII.GetBytes(rid), path.Extensions.SendId(RtpHeaderExtensionUri.RtpStreamId));
        stream.RepairedRidExtensionId = path.Extensions.SendId(RtpHeaderExtensionUri.RepairedRtpStreamId);
        stream.AbsoluteSendTimeExtensionId = path.Extensions.SendId(RtpHeaderExtensionUri.AbsoluteSendTime);
        stream.TransportSequenceExtensionId = path.Extensions.SendId(RtpHeaderExtensionUri.TransportWideCongestionControl);
        stream.ElementIds = EndToEndExtensions.SendIds(path.Extensions);
        layer.Outlet = outlet;                               // from here on, what is written is sent
    }

    private void CloseLayer(SendLayer layer, BundleTransport? transport) => _context.Post((_, _) =>
    {
        if (layer.Outlet is not { } outlet) return;
        layer.Outlet = null;
        outlet.Close();
        if (transport?.Stack is not { } stack) return;
        stack.Outlets.Remove(outlet);
        stack.Rtp.RemoveSendStream(outlet.Stream);
    });

    // The chosen codec, and what goes along with any.
    private bool IsUsable(SdpCodec codec, RTCRtpCodec chosen) => CodecPreferences.IsHelper(codec.Name) ||
        RTCRtpCodec.Of(Kind, codec).Matches(chosen, ignoreAsymmetricalParameters: true);

    /// <summary>What was negotiated for sending.</summary>
    private sealed record Path(BundleTransport Transport, string Mid, NegotiatedExtensions Extensions, IReadOnlyList<SdpCodec> Codecs);
}
