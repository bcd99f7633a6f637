using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>A simulated call in which the left side sends one track to the right side, which notes all packets.</summary>
internal sealed class MediaCall : IDisposable
{
    private readonly List<(RtpPacketFields Fields, byte[] Payload)> _arrived = [];

    public MediaCall(int seed, MediaKind kind, RTCRtpTransceiverInit? init = null, PathOptions? path = null, Action<MediaCall>? prepare = null, WebRtcOptions? options = null)
    {
        Simulation = new PeerSimulation(seed, path, options: options);
        Local = new LocalMediaStreamTrack(kind);
        Transceiver = Simulation.Left.AddTransceiver(Local, init);
        Simulation.Right.OnTrack += (_, e) =>
        {
            Remote = (RemoteMediaStreamTrack)e.Track;
            Receiver = e.Receiver;
            Remote.OnRtpPacket += (_, packet) => _arrived.Add((packet.Fields, packet.Payload.ToArray()));
        };
        prepare?.Invoke(this);
        Simulation.Connect();
        Simulation.Time.RunFor(TimeSpan.FromMilliseconds(200));
    }

    public PeerSimulation Simulation { get; }

    public LocalMediaStreamTrack Local { get; }

    public RTCRtpTransceiver Transceiver { get; }

    public RemoteMediaStreamTrack Remote { get; private set; } = null!;

    public RTCRtpReceiver Receiver { get; private set; } = null!;

    public IReadOnlyList<(RtpPacketFields Fields, byte[] Payload)> Arrived => _arrived;

    public byte PayloadType(string name) => Transceiver.Sender.GetParameters().Codecs.First(codec => codec.MimeType.EndsWith("/" + name, StringComparison.OrdinalIgnoreCase)).PayloadType;

    /// <summary>Writes audio packets, one each 20 ms.</summary>
    public void Talk(int packets, ushort first = 0, LocalMediaStreamTrack? track = null)
    {
        byte opus = PayloadType("opus");
        for (int i = 0; i < packets; i++)
        {
            (track ?? Local).WriteRtp(new RtpPacketFields(opus, (ushort)(first + i), (uint)((first + i) * 960), i == 0), [0xF8, (byte)i]);
            Simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        Simulation.Time.RunFor(TimeSpan.FromMilliseconds(100));
    }

    public void Clear() => _arrived.Clear();

    public void Dispose() => Simulation.Dispose();
}
