using WebRtcStack.Dtls;
using WebRtcStack.Transport;

namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>Two connections of this process over loopback, host candidates and one data channel, as every program makes them.</summary>
internal sealed class Pair : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Action> _early = [];
    private bool _isNegotiated;

    private Pair(WebRtcOptions near, WebRtcOptions far, RTCConfiguration configuration) =>
        (Offerer, Answerer) = (new RTCPeerConnection(configuration, near), new RTCPeerConnection(configuration, far));

    public RTCPeerConnection Offerer { get; }

    public RTCPeerConnection Answerer { get; }

    /// <summary>The offerer's channel.</summary>
    public RTCDataChannel Near { get; private set; } = null!;

    /// <summary>The answerer's end of it.</summary>
    public RTCDataChannel Far { get; private set; } = null!;

    /// <summary>Loopback over UDP with IPv4, nothing else.</summary>
    public static WebRtcOptions Options(EndToEndArguments arguments) => new()
    {
        Transport = TransportFor(arguments),
        IncludeLoopback = true,
        AddressFilter = local => local.Address.IsLoopback && local.Address.IsIPv4,
        TcpCandidates = TcpCandidates.None,
        ConfigureDtls = arguments.Dtls == "1.2" ? dtls => dtls with { Versions = DtlsVersionPolicy.Only12 } : null,
    };

    // The process's own, unless something else is asked for.
    private static SocketTransport? TransportFor(EndToEndArguments arguments) => arguments is { SpinMicroseconds: 0, HandlersOnPool: false } ? null : new SocketTransport(new SocketTransportOptions
    {
        SpinDuration = TimeSpan.FromMicroseconds(arguments.SpinMicroseconds),
        MaxHandlerTime = arguments.HandlersOnPool ? TimeSpan.Zero : new SocketTransportOptions().MaxHandlerTime,
    });

    /// <summary>Connects; ends when the channel is open on both sides.</summary>
    /// <param name="near">Of the offerer.</param>
    /// <param name="far">Of the answerer; null for the same.</param>
    /// <param name="prepare">Is called before they negotiate, to add tracks.</param>
    /// <param name="way">Stands between the two, if not null.</param>
    public static async Task<Pair> ConnectAsync(WebRtcOptions near, WebRtcOptions? far = null, Action<Pair>? prepare = null, LossyRelay.Way? way = null)
    {
        // A way is that of one transport; sections that may or may not be bundled would have more.
        RTCConfiguration configuration = new() { BundlePolicy = way is null ? RTCBundlePolicy.Balanced : RTCBundlePolicy.MaxBundle };
        Pair pair = new(near, far ?? near, configuration);
        TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously), answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (RTCPeerConnection offerer, RTCPeerConnection answerer) = (pair.Offerer, pair.Answerer);
        offerer.OnIceCandidate += (_, e) => pair.Signal(answerer, e.Candidate, way, isNear: true);
        answerer.OnIceCandidate += (_, e) => pair.Signal(offerer, e.Candidate, way, isNear: false);
        answerer.OnDataChannel += (_, e) =>
        {
            pair.Far = e.Channel;
            e.Channel.OnOpen += (_, _) => answered.TrySetResult();
        };
        prepare?.Invoke(pair);
        pair.Near = offerer.CreateDataChannel("bench");
        pair.Near.OnOpen += (_, _) => opened.TrySetResult();
        RTCSessionDescription offer = await offerer.SetLocalDescriptionAsync();         // without candidates: those come one by one
        await answerer.SetRemoteDescriptionAsync(offer);
        RTCSessionDescription answer = await answerer.SetLocalDescriptionAsync();
        await offerer.SetRemoteDescriptionAsync(answer);
        pair.Negotiated();
        await Task.WhenAll(opened.Task, answered.Task);
        return pair;
    }

    public async ValueTask DisposeAsync()
    {
        Task first = Offerer.DisposeAsync().AsTask();
        await Answerer.DisposeAsync();
        await first;
    }

    // Candidates that are found before the descriptions have crossed are kept.
    private void Signal(RTCPeerConnection to, RTCIceCandidate? candidate, LossyRelay.Way? way, bool isNear)
    {
        if (candidate is null) return;
        Action add = way is null
            ? () => _ = to.AddIceCandidateAsync(candidate)
            : () => _ = to.AddIceCandidateAsync(way.Through(candidate, isNear));
        lock (_gate)
        {
            if (!_isNegotiated)
            {
                _early.Add(add);
                return;
            }
        }
        add();
    }

    private void Negotiated()
    {
        lock (_gate)
        {
            _isNegotiated = true;
            foreach (Action signal in _early) signal();
        }
    }
}
