using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>Audio that we send with RED (RFC 2198) over a path that loses a tenth of it: what a browser conceals is what the redundancy did not bring.</summary>
[TestFixture(PeerHost.Chromium)]
public sealed class BrowserAudioLossTests(string peer) : PeerTests(peer)
{
    private const double Loss = 0.1;

    [Test, CancelAfter(30_000)]
    public async Task Tone_LosingATenth_IsMadeWholeByItsRedundancy([Values(0, 1, 2)] int distance, CancellationToken timeout)
    {
        await using LossyPath path = new(0, seed: 11, isLoopback: true);
        await using PeerCall call = await PeerCall.StartAsync(Host, Host.Options with { AudioRedundancy = distance });
        path.Join(call);
        LocalMediaStreamTrack tone = new(MediaKind.Audio);
        call.Connection.AddTrack(tone);
        await call.OfferAsync();
        await call.ConnectedAsync(timeout);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout);
        Task playing = MediaFiles.PlayAudioAsync(tone, stop.Token);
        await call.AudibleAsync();
        JsonElement before = await call.InboundAsync("audio");
        path.LossToPeer = Loss;
        await call.GrowsAsync("audio", "packetsReceived", Figure(before, "packetsReceived") + 200);
        JsonElement after = await call.InboundAsync("audio");
        await stop.CancelAsync();
        await playing;
        double Grown(string member) => Figure(after, member) - Figure(before, member);
        double concealed = Grown("concealedSamples") / Grown("totalSamplesReceived"), lost = path.Lost / (path.Lost + Grown("packetsReceived"));
        TestContext.Out.WriteLine($"distance {distance}: {lost:P1} of the packets lost, {concealed:P1} of the samples concealed");
        TestContext.Out.WriteLine(after);
        Assert.Multiple(() =>
        {
            Assert.That(path.Lost, Is.GreaterThan(5));
            Assert.That(Grown("totalAudioEnergy"), Is.Positive, "a tone is heard");
            // Chromium counts no repetitions: what it plays tells.
            if (distance == 0) Assert.That(concealed, Is.GreaterThan(lost / 2), "nobody repairs");
            else Assert.That(concealed, Is.LessThan(lost / 2), "each loss that another packet follows is repaired");
        });
    }

    private static double Figure(JsonElement statistics, string member) => statistics.TryGetProperty(member, out JsonElement figure) ? figure.GetDouble() : 0;
}
