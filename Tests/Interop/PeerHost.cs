using WebRtcStack.Tests.PeerConnection;

namespace WebRtcStack.Tests.Interop;

/// <summary>What peers of one kind come from: a browser, or a program that was built.</summary>
internal abstract class PeerHost : IAsyncDisposable
{
    public const string Chromium = "chromium", Firefox = "firefox", Pion = "pion", Aiortc = "aiortc", LibDataChannel = "libdatachannel", LibWebRtc = "libwebrtc", GStreamer = "gstreamer";

    /// <summary>Starts what is needed; the test is skipped where it is not installed.</summary>
    public static async Task<PeerHost> StartAsync(string name) => name switch
    {
        Chromium => await ChromiumHost.StartAsync(),
        Firefox => await FirefoxHost.StartAsync(),
        Pion => await PionHost.StartAsync(),
        Aiortc => new AiortcHost(),
        GStreamer => new GStreamerHost(),
        LibDataChannel => await NodeHost.StartAsync("node-datachannel"),
        LibWebRtc => await NodeHost.StartAsync("wrtc"),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such peer."),
    };

    /// <summary>What our side needs to reach such a peer.</summary>
    public virtual WebRtcOptions Options => LoopbackTests.Loopback;

    /// <summary>A peer of its own, before its connection is made.</summary>
    public abstract Task<RemotePeer> OpenAsync();

    public abstract ValueTask DisposeAsync();
}
