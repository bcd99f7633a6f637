using System.Diagnostics;

namespace WebRtcStack;

/// <summary>
/// Spans of a connection's phases, by the ActivitySource "WebRtcStack": <c>webrtcstack.gather</c>, <c>webrtcstack.ice</c> (checking until a
/// pair works) and <c>webrtcstack.connect</c> (until DTLS is up too). Their parent is what was current when the connection was made.
/// </summary>
internal sealed class ConnectionActivities
{
    private static readonly ActivitySource s_source = new("WebRtcStack", "0.1.0");
    private readonly ActivityContext _parent = Activity.Current?.Context ?? default;
    private Activity? _gathering, _checking, _connecting;

    public void Follow(RTCIceGatheringState state) => Follow(ref _gathering, "webrtcstack.gather", state == RTCIceGatheringState.Gathering, hasFailed: false);

    public void Follow(RTCIceConnectionState state) =>
        Follow(ref _checking, "webrtcstack.ice", state == RTCIceConnectionState.Checking, state is RTCIceConnectionState.Failed or RTCIceConnectionState.Closed);

    public void Follow(RTCPeerConnectionState state) =>
        Follow(ref _connecting, "webrtcstack.connect", state == RTCPeerConnectionState.Connecting, state is RTCPeerConnectionState.Failed or RTCPeerConnectionState.Closed);

    private void Follow(ref Activity? activity, string name, bool runs, bool hasFailed)
    {
        if (runs)
        {
            activity ??= Start(name);
            return;
        }
        if (hasFailed) activity?.SetStatus(ActivityStatusCode.Error);
        activity?.Stop();
        activity = null;
    }

    // It spans tasks and is not current in any of them.
    private Activity? Start(string name)
    {
        Activity? before = Activity.Current;
        Activity? started = s_source.StartActivity(name, ActivityKind.Client, _parent);
        Activity.Current = before;
        return started;
    }
}
