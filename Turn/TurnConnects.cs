using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>The TCP connections with peers that an allocation asks for or is told of (RFC 6062 §4.3, §4.4): each gets one event.</summary>
internal sealed class TurnConnects(TurnAllocationOptions options, List<TurnRequest> requests, RandomSource random)
{
    private readonly Queue<TurnConnectionEvent> _events = new();

    /// <summary>Asks for a connection; false when that is being done already, or there are as many as there may be.</summary>
    public bool TryStart(TransportAddress peer)
    {
        int connecting = 0;
        foreach (TurnRequest request in requests)
        {
            if (request.Method != StunMethod.Connect) continue;
            if (request.Peer == peer || ++connecting >= options.MaxPeers) return false;
        }
        TurnRequest connect = new(StunMethod.Connect, peer, 0);
        requests.Add(connect);
        connect.Start(StunTransactionId.Create(random), StunRetransmission.Reliable);
        return true;
    }

    /// <summary>The server has answered: it has connected.</summary>
    public void Connected(TurnRequest request, in StunMessage response)
    {
        response.TryGetUInt32(StunAttributeType.ConnectionId, out uint connection);
        Finish(request, connection, connection == 0 ? StunErrorCode.BadRequest : StunErrorCode.None);
    }

    /// <summary>It has refused, could not connect, or has not answered.</summary>
    public void Failed(TurnRequest request, StunErrorCode error) => Finish(request, 0, error);

    /// <summary>A peer has connected.</summary>
    public void Attempted(TransportAddress peer, uint connection) => Tell(new TurnConnectionEvent { Peer = peer, ConnectionId = connection, IsAttempt = true });

    /// <summary>The allocation has ended: there will be no answer any more (437).</summary>
    public void Abandon()
    {
        for (int i = requests.Count - 1; i >= 0; i--)
        {
            if (requests[i].Method == StunMethod.Connect) Finish(requests[i], 0, StunErrorCode.AllocationMismatch);
        }
    }

    public bool TryRead(out TurnConnectionEvent e)
    {
        bool isThere = _events.Count > 0;
        e = isThere ? _events.Dequeue() : default;
        return isThere;
    }

    private void Finish(TurnRequest request, uint connection, StunErrorCode error)
    {
        requests.Remove(request);
        Tell(new TurnConnectionEvent { Peer = request.Peer, ConnectionId = connection, Error = error });
    }

    private void Tell(in TurnConnectionEvent e)
    {
        if (_events.Count >= options.MaxPeers) _events.Dequeue();
        _events.Enqueue(e);
    }
}
