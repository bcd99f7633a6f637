using System.Globalization;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using WebRtcStack.Tests.PeerConnection;

namespace WebRtcStack.Tests.Interop;

/// <summary>
/// A process that stands still for 20 s and goes on (SIGSTOP and SIGCONT; a laptop's lid, a debugger, a virtual machine that moves).
/// Consent lasts 30 s (RFC 7675 §5.1), so its calls go on with it. The pause is one of real time, spent beside other tests.
/// </summary>
public sealed class PausedProcessTests
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(20);

    [Test, CancelAfter(90_000)]
    public async Task Call_WithAProcessThatStandsStillFor20Seconds_GoesOn(CancellationToken timeout)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Signals are sent with kill(1).");
        using DemoProcess demo = await DemoProcess.StartAsync(timeout);
        using HttpClient http = new() { BaseAddress = new Uri(demo.Url), Timeout = Timeout.InfiniteTimeSpan };
        await using RTCPeerConnection peer = new(new RTCConfiguration(), LoopbackTests.Loopback);
        List<RTCPeerConnectionState> states = [];
        peer.OnConnectionStateChange += (_, _) =>
        {
            lock (states) states.Add(peer.ConnectionState);
        };
        Channel<string> echoes = Channel.CreateUnbounded<string>();
        RTCDataChannel chat = peer.CreateDataChannel("chat");
        chat.OnMessage += (_, message) => echoes.Writer.TryWrite(message.Text);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(timeout);
        Task signalling = SignalAsync(http, peer, end.Token);
        await chat.WaitForOpenAsync(timeout);
        chat.Send("before");
        Assert.That(await echoes.Reader.ReadAsync(timeout), Is.EqualTo("before"));

        await KillAsync("-STOP", demo.Id, timeout);
        chat.Send("meanwhile");
        await Task.Delay(s_pause, timeout);
        Assert.That(echoes.Reader.TryRead(out _), Is.False, "it stands still");
        await KillAsync("-CONT", demo.Id, timeout);

        long start = Stopwatch.GetTimestamp();
        Assert.That(await echoes.Reader.ReadAsync(timeout), Is.EqualTo("meanwhile"));
        TestContext.Out.WriteLine($"the message that waited came back after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.00} s");
        chat.Send("after");
        Assert.That(await echoes.Reader.ReadAsync(timeout), Is.EqualTo("after"));
        Assert.That(peer.ConnectionState, Is.EqualTo(RTCPeerConnectionState.Connected));
        lock (states) Assert.That(states, Has.None.EqualTo(RTCPeerConnectionState.Failed), "no restart was needed");
        await end.CancelAsync();
        Assert.That(async () => await signalling, Throws.InstanceOf<OperationCanceledException>());
    }

    // The demo's signalling: one event stream down, posts up.
    private static async Task SignalAsync(HttpClient http, RTCPeerConnection peer, CancellationToken end)
    {
        using StreamReader events = new(await http.GetStreamAsync("/signaling/events", end));
        (_, string id) = await NextAsync(events, end);
        string session = $"/signaling/{JsonSerializer.Deserialize<string>(id)}";
        TaskCompletionSource offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        peer.OnIceCandidate += (_, e) => _ = TellAsync(e.Candidate);
        await peer.SetLocalDescriptionAsync();
        await PostAsync("description", JsonSerializer.Serialize(peer.LocalDescription));
        offered.SetResult();
        while (true)
        {
            (string kind, string json) = await NextAsync(events, end);
            if (kind == "description") await peer.SetRemoteDescriptionAsync(JsonSerializer.Deserialize<RTCSessionDescription>(json)!);
            if (kind == "candidate") await peer.AddIceCandidateAsync(JsonSerializer.Deserialize<RTCIceCandidateInit>(json));
        }

        async Task TellAsync(RTCIceCandidate? candidate)
        {
            await offered.Task;
            await PostAsync("candidate", JsonSerializer.Serialize(candidate));
        }

        async Task PostAsync(string what, string json)
        {
            using StringContent content = new(json, Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await http.PostAsync($"{session}/{what}", content, end);
            Assert.That(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(end));
        }
    }

    // One event of a stream (text/event-stream): its lines up to an empty one.
    private static async Task<(string Kind, string Data)> NextAsync(StreamReader events, CancellationToken end)
    {
        (string kind, string data) = ("", "");
        while (await events.ReadLineAsync(end) is { } line)
        {
            if (line.Length == 0 && data.Length > 0) return (kind, data);
            if (line.StartsWith("event: ", StringComparison.Ordinal)) kind = line["event: ".Length..];
            if (line.StartsWith("data: ", StringComparison.Ordinal)) data += line["data: ".Length..];
        }
        throw new EndOfStreamException("The demo has ended its stream.");
    }

    private static async Task KillAsync(string signal, int process, CancellationToken timeout)
    {
        using Process kill = Process.Start("kill", [signal, process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(timeout);
        Assert.That(kill.ExitCode, Is.Zero);
    }
}
