using System.Globalization;
using WebRtcStack.Core;
using WebRtcStack.Samples.TurnServer;
using WebRtcStack.Turn;
using WebRtcStack.TurnHost;

if (args.Contains("--help"))
{
    Console.WriteLine(Settings.Usage);
    return 0;
}
Settings settings;
TurnHostOptions options;
try
{
    settings = Settings.Parse(args);
    options = settings.ToOptions();
}
catch (Exception exception) when (exception is FormatException or ArgumentException or IOException)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(Settings.Usage);
    return 1;
}
if (options.Server.Users.Count == 0 && options.Server.SharedSecret is null)
{
    // A server that nobody can use teaches nobody anything, and one that all can use is soon used by all.
    string password = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12];
    options = options with { Server = options.Server with { Users = new Dictionary<string, string> { ["demo"] = password } } };
    Console.WriteLine($"No users were named; this one is good until the server ends: demo:{password}");
}

using TurnServerHost host = new(options);
foreach (TurnListener each in host.Listeners)
{
    string url = each.Protocol switch
    {
        TransportProtocol.Udp => $"turn:{each.Address}",
        TransportProtocol.Tcp => $"turn:{each.Address}?transport=tcp",
        _ => $"turns:{each.Address}",
    };
    Console.WriteLine($"listening: {url}");
}
Console.WriteLine($"realm {options.Server.Realm}, {host.SocketsName}, {options.Workers} worker(s); Ctrl+C drains");

TaskCompletionSource drain = new(TaskCreationOptions.RunContinuationsAsynchronously);
using CancellationTokenSource end = new();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    if (!drain.TrySetResult()) end.Cancel();
};
using System.Runtime.InteropServices.PosixSignalRegistration terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(
    System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
    {
        context.Cancel = true;
        if (!drain.TrySetResult()) end.Cancel();
    });
await drain.Task;
Console.WriteLine($"draining: {host.Allocations} allocation(s) to go");
await host.DrainAsync([.. settings.Alternates], end.Token);
TurnServerCounters[] counters = [.. host.Counters];
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"served {counters.Sum(c => c.AllocationsCreated)} allocations, {counters.Sum(c => c.BytesToPeers)} bytes to peers, {counters.Sum(c => c.BytesToClients)} to clients"));
return 0;
