using System.Diagnostics;

namespace WebRtcStack.Tests.Interop;

/// <summary>Peers with GStreamer's webrtcbin, from Debian's packages for the system's Python.</summary>
internal sealed class GStreamerHost : PeerHost
{
    private const string Python = "/usr/bin/python3";

    public GStreamerHost()
    {
        RealPeer.RequireDirectory("/usr/lib/python3/dist-packages/gi", "python3-gst-1.0");
        RealPeer.RequireFile("girepository-1.0/GstWebRTC-1.0.typelib", "gir1.2-gst-plugins-bad-1.0");
        RealPeer.RequireFile("gstreamer-1.0/libgstwebrtc.so", "gstreamer1.0-plugins-bad");
        RealPeer.RequireFile("gstreamer-1.0/libgstnice.so", "gstreamer1.0-nice");
    }

    public override Task<RemotePeer> OpenAsync() => Task.FromResult<RemotePeer>(new ProgramPeer(new ProcessStartInfo(Python, [PageServer.File("gstreamer/peer.py")])));

    public override ValueTask DisposeAsync() => default;
}
