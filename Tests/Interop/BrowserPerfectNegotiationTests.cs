using System.Text.Json;
using System.Threading.Channels;
using WebRtcStack.Core;

namespace WebRtcStack.Tests.Interop;

/// <summary>The perfect negotiation pattern (webrtc-pc §10.7) at both ends, a browser's in its own script, while both change things at any time.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserPerfectNegotiationTests(string peer) : PeerTests(peer)
{
    private const int Changes = 12;

    private const string Negotiates = """
        (polite => {
          let making = false, answering = false;
          globalThis.outbox = [], globalThis.faults = [], globalThis.collisions = 0;
          const attempt = async work => { try { await work(); } catch (e) { faults.push(String(e)); } };
          const describe = async () => { await pc.setLocalDescription(); outbox.push({ type: pc.localDescription.type, sdp: pc.localDescription.sdp }); };
          pc.onnegotiationneeded = () => attempt(async () => { making = true; try { await describe(); } finally { making = false; } });
          globalThis.receive = description => void attempt(async () => {
            const isReady = !making && (pc.signalingState === 'stable' || answering);
            const collides = description.type === 'offer' && !isReady;
            if (collides) collisions++;
            if (collides && !polite) return;
            answering = description.type === 'answer';
            await pc.setRemoteDescription(description);
            answering = false;
            if (description.type === 'offer') await describe();
          });
        })
        """;

    [Test, CancelAfter(40_000)]
    public async Task Changes_OfBothSidesAtAnyTime_Settle([Values] bool wePolite, [Values(1, 2)] int seed, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        MediaEcho echo = new(call.Connection);                                  // Chromium keeps the ids of extensions of offers that were rolled back: all are known before
        await call.Peer.EvaluateAsync("sendCalmly('audio', 'video')");
        await call.AnswerAsync(echo.AttachAsync);
        await call.ConnectedAsync(timeout);
        await call.Peer.EvaluateAsync($"{Negotiates}({(wePolite ? "false" : "true")})");
        await using Negotiation ours = new(call, wePolite);
        RandomSource random = RandomSource.Seeded((ulong)seed);
        for (int i = 0; i < Changes; i++)
        {
            string kind = random.Next(2) == 0 ? "audio" : "video";
            switch (random.Next(5))
            {
                case 0:
                    call.Connection.AddTransceiver(kind == "audio" ? MediaKind.Audio : MediaKind.Video);
                    break;
                case 1:
                    await call.Peer.EvaluateAsync($"void pc.addTransceiver('{kind}')");
                    break;
                case 2:
                    if (call.Connection.GetTransceivers() is { Count: > 2 } all) all[^1].Stop();
                    break;
                default:                                                        // both at once
                    call.Connection.AddTransceiver(kind == "audio" ? MediaKind.Audio : MediaKind.Video);
                    await call.Peer.EvaluateAsync($"void pc.addTransceiver('{kind}')");
                    break;
            }
            await Task.Delay(random.Next(40), timeout);
        }
        (string[] mids, string[] theirs) = await SettledAsync(call, ours, timeout);
        Assert.That(mids, Is.EqualTo(theirs), () => $"{call.Connection.SignalingState}; {string.Join("; ", ours.Faults)}");
        TestContext.Out.WriteLine($"{mids.Length} sections in use; collisions: {ours.Collisions} seen here, {await call.Peer.EvaluateAsync<int>("collisions")} there");
        Assert.That(ours.Faults, Is.Empty);
        Assert.That(await call.Peer.EvaluateAsync<string[]>("faults"), Is.Empty);
        Assert.That(call.Connection.ConnectionState, Is.EqualTo(RTCPeerConnectionState.Connected));
    }

    // The sections in use on both sides, once nothing is under way.
    private static async Task<(string[] Mids, string[] Theirs)> SettledAsync(PeerCall call, Negotiation ours, CancellationToken timeout)
    {
        while (true)
        {
            bool isQuiet = ours.IsQuiet && await call.Peer.EvaluateAsync<bool>("pc.signalingState === 'stable' && outbox.length === 0");
            string[] mids = [.. call.Connection.GetTransceivers().Where(each => each.CurrentDirection is not null).Select(each => each.Mid!).Order(StringComparer.Ordinal)];
            string[] theirs = await call.Peer.EvaluateAsync<string[]>("pc.getTransceivers().filter(each => each.currentDirection && each.currentDirection !== 'stopped').map(each => each.mid).sort()");
            bool isSettled = isQuiet && mids.SequenceEqual(theirs) && call.Connection.GetTransceivers().All(each => each.Mid is not null);
            if (isSettled || timeout.IsCancellationRequested) return (mids, theirs);
            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>Our side: one thing after the other, as in a script.</summary>
    private sealed class Negotiation : IAsyncDisposable
    {
        private readonly PeerCall _call;
        private readonly bool _isPolite;
        private readonly Channel<Func<Task>> _work = Channel.CreateUnbounded<Func<Task>>();
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running, _polling;
        private int _waiting;

        public Negotiation(PeerCall call, bool isPolite)
        {
            (_call, _isPolite) = (call, isPolite);
            call.Connection.OnNegotiationNeeded += (_, _) => Post(OfferAsync);
            _running = RunAsync();
            _polling = PollAsync();
        }

        public List<string> Faults { get; } = [];

        public int Collisions { get; private set; }

        public bool IsQuiet => Volatile.Read(ref _waiting) == 0 && _call.Connection.SignalingState == RTCSignalingState.Stable;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _work.Writer.Complete();
            await _polling;
            await _running;
            _stop.Dispose();
        }

        private void Post(Func<Task> work)
        {
            Interlocked.Increment(ref _waiting);
            if (!_work.Writer.TryWrite(work)) Interlocked.Decrement(ref _waiting);
        }

        private async Task OfferAsync()
        {
            if (_call.Connection.SignalingState != RTCSignalingState.Stable) return;        // it is asked for again in stable
            await SendAsync(await _call.Connection.SetLocalDescriptionAsync());
        }

        private async Task ReceiveAsync(RTCSessionDescription description)
        {
            bool collides = description.Type == RTCSdpType.Offer && _call.Connection.SignalingState != RTCSignalingState.Stable;
            if (collides) Collisions++;
            if (collides && !_isPolite) return;
            await _call.Connection.SetRemoteDescriptionAsync(description);
            if (description.Type == RTCSdpType.Offer) await SendAsync(await _call.Connection.SetLocalDescriptionAsync());
        }

        private Task SendAsync(RTCSessionDescription description) => _call.Peer.EvaluateAsync($"receive({JsonSerializer.Serialize(description)})");

        private async Task RunAsync()
        {
            await foreach (Func<Task> work in _work.Reader.ReadAllAsync())
            {
                try
                {
                    await work();
                }
                catch (DOMException exception)
                {
                    Faults.Add(exception.Message);
                }
                Interlocked.Decrement(ref _waiting);
            }
        }

        private async Task PollAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                foreach (RTCSessionDescription description in await _call.Peer.EvaluateAsync<RTCSessionDescription[]>("outbox.splice(0)")) Post(() => ReceiveAsync(description));
                await Task.Delay(15, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
