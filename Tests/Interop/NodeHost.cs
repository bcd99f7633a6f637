using System.Diagnostics;

namespace WebRtcStack.Tests.Interop;

/// <summary>Peers under Node.js with a stack whose npm package ships a binary; npm brings it when it is first used.</summary>
internal sealed class NodeHost : PeerHost
{
    private static readonly SemaphoreSlim s_install = new(1, 1);
    private readonly string _node, _folder, _stack;

    private NodeHost(string node, string folder, string stack) => (_node, _folder, _stack) = (node, folder, stack);

    public static new async Task<NodeHost> StartAsync(string stack)
    {
        string node = RealPeer.Require(["node"], null, "apt-get install nodejs npm"), npm = RealPeer.Require(["npm"], null, "apt-get install nodejs npm");
        string folder = Path.Combine(TestContext.CurrentContext.TestDirectory, "peers", "node");
        await s_install.WaitAsync();
        try
        {
            Directory.CreateDirectory(folder);
            foreach (string name in new[] { "peer.mjs", "package.json" }) File.Copy(PageServer.File("node/" + name), Path.Combine(folder, name), overwrite: true);
            if (!Directory.Exists(Path.Combine(folder, "node_modules", "node-datachannel")))
                await ToolRun.RunAsync(new ProcessStartInfo(npm, ["install", "--no-audit", "--no-fund"]) { WorkingDirectory = folder });
        }
        finally
        {
            s_install.Release();
        }
        return new NodeHost(node, folder, stack);
    }

    public override Task<RemotePeer> OpenAsync() =>
        Task.FromResult<RemotePeer>(new ProgramPeer(new ProcessStartInfo(_node, [Path.Combine(_folder, "peer.mjs"), PageServer.File("peer.js"), _stack])));

    public override ValueTask DisposeAsync() => default;
}
