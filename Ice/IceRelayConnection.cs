using System.Buffers.Binary;
using WebRtcStack.Core;
using WebRtcStack.Turn;

namespace WebRtcStack.Ice;

/// <summary>
/// A further connection to a TURN server, which the server joins with a peer's over TCP (RFC 6062 §4.3, §4.4). The agent asks for it with
/// <see cref="IceEventKind.OpenRelayConnection"/>.
/// </summary>
//  ConnectionBind and its answer go first; what follows are the peer's messages, each behind its length (RFC 4571 §2, RFC 6544 §3).
public sealed class IceRelayConnection
{
    internal const int HeaderLength = 2;

    internal IceRelayConnection(IceStream stream, LocalBase localBase, TransportAddress peer, TurnDataConnection data) =>
        (Stream, Base, Peer, Data) = (stream, localBase, peer, data);

    /// <summary>The stream that it serves.</summary>
    public IceStream Stream { get; }

    /// <summary>The peer's address.</summary>
    public TransportAddress Peer { get; }

    /// <summary>The local address of the connection that the allocation is on, as <see cref="IceAgent.AddServerConnection"/> was told.</summary>
    public TransportAddress Local => Base.Socket!.Address;

    /// <summary>Where to connect to.</summary>
    public TransportAddress Server => Base.Relay!.Server;

    /// <summary>TCP, or TLS as on the allocation's own connection.</summary>
    public TransportProtocol Protocol => Base.Socket!.Protocol;

    internal LocalBase Base { get; }

    internal TurnDataConnection Data { get; }

    /// <summary>Its addresses; none before it is open.</summary>
    internal NetworkPath Path { get; set; }

    internal bool IsOpen => !Path.Remote.IsNone;

    internal bool IsBound => Data.State == TurnDataConnectionState.Bound;

    /// <summary>What the pairs over it are known by.</summary>
    internal NetworkPath Inner => new(Base.Address, Peer, TransportProtocol.Tcp);

    /// <summary>Finds where the first message of the stream ends, which goes to <see cref="IceAgent.Receive"/> with all its bytes.</summary>
    /// <param name="stream">What has arrived and was not taken yet.</param>
    /// <param name="length">Bytes of the message, of which some may not have arrived; 0 when too few have to tell.</param>
    /// <returns>False when the stream cannot be what it should: it has to be closed.</returns>
    public bool TryGetFrameLength(ReadOnlySpan<byte> stream, out int length)
    {
        if (!IsBound) return Data.TryGetFrameLength(stream, out length);
        length = stream.Length < HeaderLength ? 0 : HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(stream);
        return true;
    }

    /// <summary>Completes a message whose payload lies behind <see cref="HeaderLength"/> bytes.</summary>
    internal static int Complete(Span<byte> destination, int payloadLength)
    {
        if (payloadLength is 0 or > ushort.MaxValue) return 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)payloadLength);
        return HeaderLength + payloadLength;
    }
}
