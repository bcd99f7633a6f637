using System.Diagnostics;

namespace WebRtcStack.Tests.Interop;

/// <summary>Peers with aiortc, from Debian's package for the system's Python.</summary>
internal sealed class AiortcHost : PeerHost
{
    private const string Python = "/usr/bin/python3";

    public AiortcHost() => RealPeer.RequireDirectory("/usr/lib/python3/dist-packages/aiortc", "python3-aiortc");

    public override Task<RemotePeer> OpenAsync() => Task.FromResult<RemotePeer>(new ProgramPeer(new ProcessStartInfo(Python, [PageServer.File("aiortc/peer.py")])));

    public override ValueTask DisposeAsync() => default;
}
