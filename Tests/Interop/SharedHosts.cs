using System.Collections.Concurrent;

namespace WebRtcStack.Tests.Interop;

/// <summary>One host of each kind for all fixtures: a browser takes longer to start than most tests run.</summary>
[SetUpFixture]
public sealed class SharedHosts
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<PeerHost>>> s_hosts = new();

    /// <summary>The host of that name, which the first caller starts.</summary>
    internal static Task<PeerHost> GetAsync(string name) => s_hosts.GetOrAdd(name, static name => new Lazy<Task<PeerHost>>(() => PeerHost.StartAsync(name))).Value;

    /// <summary>Ends them when the last test of the namespace is through.</summary>
    [OneTimeTearDown]
    public async Task StopHosts()
    {
        foreach (Lazy<Task<PeerHost>> host in s_hosts.Values)
        {
            if (host.Value.IsCompletedSuccessfully) await (await host.Value).DisposeAsync();
        }
        s_hosts.Clear();
    }
}
