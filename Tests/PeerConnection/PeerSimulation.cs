using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Two whole connections on a simulated network, with a signalling path of its own delay between them, in virtual time.</summary>
internal sealed class PeerSimulation : IDisposable
{
    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly Instant[] _signalled = new Instant[2];
    private bool _isRecovering;

    public PeerSimulation(
        int seed, PathOptions? path = null, Action<PeerSimulation>? network = null, WebRtcOptions? options = null, RTCConfiguration? configuration = null,
        bool trickles = true)
    {
        Time = new VirtualTime(seed);
        SynchronizationContext.SetSynchronizationContext(new VirtualSynchronizationContext(Time));
        Internet = new Realm("internet");
        LeftHost = new SimulatedHost(Time, "left");
        RightHost = new SimulatedHost(Time, "right");
        path ??= new PathOptions();
        Path = path;
        if (network is not null)
        {
            network(this);
        }
        else
        {
            LeftHost.AddInterface(Internet, "192.0.2.1", path);
            RightHost.AddInterface(Internet, "192.0.2.2", path);
        }
        LeftLoop = new SimulatedEventLoop(LeftHost);
        RightLoop = new SimulatedEventLoop(RightHost);
        options ??= new WebRtcOptions();
        Options = options with { Random = Time.Random, TimeProvider = new VirtualTimeProvider(Time) };
        Left = Create(LeftLoop, "left", configuration);
        Right = Create(RightLoop, "right", configuration);
        if (!trickles) return;
        Left.OnIceCandidate += (_, e) => Trickle(e, Right, 0);
        Right.OnIceCandidate += (_, e) => Trickle(e, Left, 1);
    }

    public VirtualTime Time { get; }

    public Realm Internet { get; }

    public PathOptions Path { get; }

    public SimulatedHost LeftHost { get; }

    public SimulatedHost RightHost { get; }

    public SimulatedEventLoop LeftLoop { get; }

    public SimulatedEventLoop RightLoop { get; }

    public WebRtcOptions Options { get; }

    /// <summary>The connection that makes the offers.</summary>
    public RTCPeerConnection Left { get; }

    public RTCPeerConnection Right { get; }

    public TimeSpan SignalingDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    public bool BothConnected => Left.ConnectionState == RTCPeerConnectionState.Connected && Right.ConnectionState == RTCPeerConnectionState.Connected;

    public bool EitherFailed => Left.ConnectionState == RTCPeerConnectionState.Failed || Right.ConnectionState == RTCPeerConnectionState.Failed;

    /// <summary>An exchange of offer and answer from left to right, over the signalling path.</summary>
    public async Task NegotiateAsync(bool leftOffers = true)
    {
        (RTCPeerConnection offerer, RTCPeerConnection answerer) = leftOffers ? (Left, Right) : (Right, Left);
        await offerer.SetLocalDescriptionAsync();
        RTCSessionDescription offer = offerer.LocalDescription!;
        await Signal(leftOffers ? 0 : 1);
        await answerer.SetRemoteDescriptionAsync(offer);
        await answerer.SetLocalDescriptionAsync();
        RTCSessionDescription answer = answerer.LocalDescription!;
        await Signal(leftOffers ? 1 : 0);
        await offerer.SetRemoteDescriptionAsync(answer);
    }

    /// <summary>
    /// Does what an application does when a connection has failed: restarts ICE. At 20 % loss consent runs out now and then,
    /// since six checks in a row may go unanswered (RFC 7675 §5.1 repeats none).
    /// </summary>
    public void RestartIceOnFailure()
    {
        Left.OnConnectionStateChange += (_, _) => Recover(Left);
        Right.OnConnectionStateChange += (_, _) => Recover(Right);
    }

    /// <summary>Runs until <paramref name="done"/> holds, and fails the test with the timeline when it does not within the limit.</summary>
    public void RunUntil(Func<bool> done, TimeSpan limit, Task? alongside = null)
    {
        bool reached = Time.RunUntil(() => alongside is { IsFaulted: true } || done(), limit);
        if (alongside is { IsFaulted: true }) Assert.Fail($"{alongside.Exception!.InnerException}\n{Time.Timeline}");
        if (LeftLoop.Faults.Concat(RightLoop.Faults).FirstOrDefault() is { } fault) Assert.Fail($"{fault}\n{Time.Timeline}");
        if (!reached) Assert.Fail($"not reached within {limit}: left {Left.ConnectionState}, right {Right.ConnectionState}\n{Time.Timeline}");
    }

    public void Connect(TimeSpan? limit = null) => RunUntil(() => BothConnected, limit ?? TimeSpan.FromMinutes(1), NegotiateAsync());

    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
        Time.RunFor(TimeSpan.FromSeconds(1));
        SynchronizationContext.SetSynchronizationContext(_before);
    }

    private RTCPeerConnection Create(SimulatedEventLoop loop, string name, RTCConfiguration? configuration)
    {
        RTCPeerConnection created = new(configuration ?? new RTCConfiguration(), Options with { Transport = loop });
        created.OnConnectionStateChange += (_, _) => Time.Log(name, $"connection {created.ConnectionState}");
        created.OnIceConnectionStateChange += (_, _) => Time.Log(name, $"ICE {created.IceConnectionState}");
        created.OnSignalingStateChange += (_, _) => Time.Log(name, $"signalling {created.SignalingState}");
        return created;
    }

    private async void Recover(RTCPeerConnection failed)
    {
        if (failed.ConnectionState != RTCPeerConnectionState.Failed || _isRecovering) return;
        _isRecovering = true;
        Left.RestartIce();
        await NegotiateAsync();
        _isRecovering = false;
    }

    // Signalling keeps the order of what one side says.
    private Task Signal(int side)
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _signalled[side] = Instant.Max(_signalled[side], Time.Now + SignalingDelay);
        Time.Schedule(_signalled[side], arrived.SetResult);
        return arrived.Task;
    }

    private async void Trickle(RTCPeerConnectionIceEvent e, RTCPeerConnection to, int side)
    {
        if (e.Candidate is null) return;
        await Signal(side);
        try
        {
            await to.AddIceCandidateAsync(e.Candidate);
        }
        catch (DOMException exception)                  // of an offer that was rolled back, or to a connection that was closed
        {
            Time.Log("signalling", exception.Message);
        }
    }
}
