using System.Diagnostics;

namespace WebRtcStack.Tests.Interop;

/// <summary>Peers with Pion, by a program that is compiled with Debian's Go packages when it is first used.</summary>
internal sealed class PionHost : PeerHost
{
    private const string Packages = "/usr/share/gocode/src/github.com/pion/webrtc";
    private readonly string _program;

    private PionHost(string program) => _program = program;

    public static async Task<PionHost> StartAsync()
    {
        string go = RealPeer.Require(["go"], null, "apt-get install golang-go golang-github-pion-webrtc.v3-dev");
        RealPeer.RequireDirectory(Packages, "golang-github-pion-webrtc.v3-dev");
        return new PionHost(await GoProgram.BuildAsync(go, "pion"));
    }

    public override Task<RemotePeer> OpenAsync() => Task.FromResult<RemotePeer>(new ProgramPeer(new ProcessStartInfo(_program)));

    public override ValueTask DisposeAsync() => default;
}
