using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>What an <see cref="IceEvent"/> tells.</summary>
public enum IceEventKind : byte
{
    /// <summary><see cref="IceEvent.Candidate"/> was gathered: signal it to the peer.</summary>
    LocalCandidate,

    /// <summary><see cref="IceStream.GatheringState"/> has changed.</summary>
    GatheringStateChanged,

    /// <summary><see cref="IceStream.State"/> has changed.</summary>
    ConnectionStateChanged,

    /// <summary><see cref="IceEvent.Pair"/> now carries the data of <see cref="IceEvent.Component"/>.</summary>
    SelectedPairChanged,

    /// <summary>A server gave no candidate: see <see cref="IceEvent.ErrorCode"/>, <see cref="IceEvent.Local"/> and <see cref="IceEvent.Server"/>.</summary>
    CandidateError,

    /// <summary>
    /// <see cref="IceEvent.Candidate"/> has a name: resolve it and call <see cref="IceAgent.AddRemoteCandidate"/> again with
    /// its <see cref="IceCandidate.Address"/> set; or drop it.
    /// </summary>
    ResolveName,

    /// <summary>
    /// A TURN server over TCP or TLS sends us to another (300, RFC 8489 §10), <see cref="IceEvent.AlternateServer"/>: connect there and
    /// call <see cref="IceAgent.AddServerConnection"/>; whether that works or not, then end the connection with
    /// <see cref="IceEvent.Server"/> and call <see cref="IceAgent.RemoveServerConnection"/>. Gathering goes on until then.
    /// </summary>
    AlternateServer,

    /// <summary>
    /// Connect to the server of <see cref="IceEvent.RelayConnection"/>, as for <see cref="IceAgent.AddServerConnection"/>, cut messages from
    /// it with <see cref="IceRelayConnection.TryGetFrameLength"/>, and tell of it with <see cref="IceAgent.RelayConnectionOpened"/> and
    /// <see cref="IceAgent.RelayConnectionClosed"/>.
    /// </summary>
    OpenRelayConnection,

    /// <summary>Close <see cref="IceEvent.RelayConnection"/>: the server has refused it. The agent has forgotten it.</summary>
    CloseRelayConnection,

    /// <summary>There is no allocation on the connection from <see cref="IceEvent.Local"/> to <see cref="IceEvent.Server"/>, and there will be none: close it.</summary>
    ServerConnectionUnused,

    /// <summary>A role conflict was resolved: <see cref="IceAgent.Role"/> has changed.</summary>
    RoleChanged,
}

/// <summary>Something that the agent's user needs to know.</summary>
public readonly record struct IceEvent
{
    /// <summary>What happened.</summary>
    public IceEventKind Kind { get; init; }

    /// <summary>The stream it happened to; null for <see cref="IceEventKind.RoleChanged"/>.</summary>
    public IceStream? Stream { get; init; }

    /// <summary>The component, where one is concerned.</summary>
    public IceComponent Component { get; init; }

    /// <summary>The candidate, where one is concerned.</summary>
    public IceCandidate? Candidate { get; init; }

    /// <summary>The pair, where one is concerned.</summary>
    public IceCandidatePair? Pair { get; init; }

    /// <summary>The stream's state at the time of the event: a later event may already have changed it.</summary>
    public IceConnectionState State { get; init; }

    /// <summary>The stream's gathering state at the time of the event.</summary>
    public IceGatheringState GatheringState { get; init; }

    /// <summary>What the server said, or 701 when it could not be reached (RTCPeerConnectionIceErrorEvent).</summary>
    public int ErrorCode { get; init; }

    /// <summary>The reason phrase that goes with <see cref="ErrorCode"/>.</summary>
    public string ErrorText { get; init; }

    /// <summary>Whether the server was asked for a relayed address, not for a reflexive one.</summary>
    public bool IsTurnServer { get; init; }

    /// <summary>The base from which the server was asked.</summary>
    public TransportAddress Local { get; init; }

    /// <summary>The server.</summary>
    public TransportAddress Server { get; init; }

    /// <summary>The connection that is to be opened or closed, where one is concerned.</summary>
    public IceRelayConnection? RelayConnection { get; init; }

    /// <summary>The server to go to, where a server names another.</summary>
    public TransportAddress AlternateServer { get; init; }

    /// <summary>The name that its certificate has to have; null: the one that was used before (RFC 8489 §14.16).</summary>
    public string? AlternateDomain { get; init; }

    /// <summary>The protocol towards the server.</summary>
    public TransportProtocol ServerProtocol { get; init; }
}
