using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>
/// Every codec that a browser encodes, by its own word: Debian's Chromium has all of ours, its Firefox has no H.264, which is a
/// plug-in that Firefox would download. Each is sent back by us once as packets and once as frames that we packetise anew, and is decoded.
/// </summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserCodecTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(40_000)]
    public async Task Video_OfEveryCodec_SentBackAsPacketsAndAsFrames_IsDecoded(CancellationToken timeout)
    {
        string[] codecs = await CodecsAsync("video");
        Assert.That(codecs, Is.SupersetOf(new[] { "video/VP8", "video/VP9", "video/AV1" }));
        foreach (string codec in codecs)
        {
            await using PeerCall call = await PeerCall.StartAsync(Host);
            await call.Peer.EvaluateAsync("sendEach('video', 2)");
            CodecEcho[] echoes = [];
            await call.AnswerAsync(() => AttachAsync(call, [codec], out echoes));
            await call.ConnectedAsync(timeout);
            JsonElement[] inbound = await Task.WhenAll(DecodedAsync(call, 0), DecodedAsync(call, 1));
            TestContext.Out.WriteLine($"{codec}: {string.Join(", ", echoes.Select(echo => echo.Counts))}");
            Assert.Multiple(() =>
            {
                Assert.That(echoes.Select(echo => echo.Counts.Refused), Is.All.Zero, codec);
                Assert.That(echoes[1].Counts.KeyFrames, Is.Positive, codec);
                Assert.That(inbound.Select(PeerCall.Freezes), Is.All.Zero, codec);
            });
            Assert.That(await CodecOfAsync(call, inbound[1]), Is.EqualTo(codec).IgnoreCase);
        }
    }

    [Test, CancelAfter(30_000)]
    public async Task Audio_OfEveryCodec_SentBackAsPacketsAndAsFrames_IsHeard(CancellationToken timeout)
    {
        string[] codecs = await CodecsAsync("audio");
        Assert.That(codecs, Is.SupersetOf(new[] { "audio/opus", "audio/G722", "audio/PCMU", "audio/PCMA" }));
        await using PeerCall call = await PeerCall.StartAsync(Host);
        await call.Peer.EvaluateAsync($"sendEach('audio', {2 * codecs.Length})");
        CodecEcho[] echoes = [];
        await call.AnswerAsync(() => AttachAsync(call, codecs, out echoes));
        await call.ConnectedAsync(timeout);
        for (int i = 0; i < echoes.Length; i++)
        {
            await call.Peer.EvaluateAsync($"grows('inbound-rtp', {{ mid: '{i}' }}, 'totalAudioEnergy', 0)");
            JsonElement inbound = await call.StatAsync("inbound-rtp", $"{{ mid: '{i}' }}");
            Assert.That(await CodecOfAsync(call, inbound), Is.EqualTo(codecs[i / 2]).IgnoreCase);
            TestContext.Out.WriteLine($"{codecs[i / 2]}: {echoes[i].Counts}, energy {inbound.GetProperty("totalAudioEnergy")}");
            Assert.That(echoes[i].Counts.Refused, Is.Zero, codecs[i / 2]);
        }
    }

    // For each codec two transceivers: the first returns packets, the second frames.
    private static Task AttachAsync(PeerCall call, string[] codecs, out CodecEcho[] echoes)
    {
        IReadOnlyList<RTCRtpTransceiver> transceivers = call.Connection.GetTransceivers();
        echoes = [.. transceivers.Select((transceiver, i) => new CodecEcho(transceiver, codecs[i / 2], asFrames: i % 2 == 1))];
        return Task.WhenAll(echoes.Select(echo => echo.AttachAsync()));
    }

    private static async Task<JsonElement> DecodedAsync(PeerCall call, int mid)
    {
        await call.Peer.EvaluateAsync($"grows('inbound-rtp', {{ mid: '{mid}' }}, 'framesDecoded', 15)");
        return await call.StatAsync("inbound-rtp", $"{{ mid: '{mid}' }}");
    }

    private static async Task<string?> CodecOfAsync(PeerCall call, JsonElement inbound) =>
        (await call.StatAsync("codec", $"{{ id: '{inbound.GetProperty("codecId").GetString()}' }}")).GetProperty("mimeType").GetString();

    private async Task<string[]> CodecsAsync(string kind)
    {
        await using RemotePeer page = await Host.OpenAsync();
        string[] codecs = await page.EvaluateAsync<string[]>($"encodes('{kind}')");
        TestContext.Out.WriteLine($"{PeerName} encodes {string.Join(", ", codecs)}");
        return codecs;
    }
}
