using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Answers the peer's re-configuration requests, each once, and again where the answer was lost (RFC 6525 §5.2).</summary>
internal sealed class ReconfigResponder(AssociationContext context, DataReceiver receiver, ControlOutbox outbox)
{
    private readonly List<ushort> _deferred = [];                     // the streams of a request that waits for its last TSN
    private uint _expected;                                           // the number of the peer's next request
    private uint _deferredTsn;
    private ReconfigResult _lastResult;
    private bool _hasDeferred;
    private bool _deferredIsForAll;
    private bool _hasAnswered;

    /// <summary>The number of the peer's last request, which ours carry (§4.1).</summary>
    public uint LastNumber => _expected - 1;

    public void Start(uint peerInitialTsn)
    {
        _expected = peerInitialTsn;                                   // §4.1: they start at the initial TSNs
        _deferred.Clear();
        (_hasDeferred, _hasAnswered) = (false, false);
    }

    /// <summary>Whether the request is the peer's next; else it is answered here.</summary>
    public bool IsNew(uint number)
    {
        receiver.AcknowledgeNow();                                    // §5.2.1: a SACK goes along
        if (_hasAnswered && number == LastNumber) Write(number, _lastResult);               // §5.2.1: our answer was lost
        else if (number != _expected) Write(number, ReconfigResult.BadSequenceNumber);
        else if (_hasDeferred) Postpone(number);
        else return true;
        return false;
    }

    /// <summary>Answers a request that <see cref="IsNew"/>, and remembers the answer.</summary>
    public void Answer(uint number, ReconfigResult result)
    {
        Debug.Assert(number == _expected, "IsNew has looked");
        (_lastResult, _hasAnswered) = (result, true);
        _expected++;
        Write(number, result);
    }

    /// <summary>The request can not be looked at now; the peer asks again.</summary>
    public void Postpone(uint number) => Write(number, ReconfigResult.InProgress);

    public void Refuse(uint number)
    {
        if (IsNew(number)) Answer(number, ReconfigResult.Denied);
    }

    /// <summary>Takes in an Outgoing SSN Reset Request from its Sender's Last Assigned TSN on (§5.2.2).</summary>
    /// <returns>Whether it is well-formed.</returns>
    public bool ReceiveOutgoing(uint number, WireReader fields)
    {
        if (!fields.TryReadUInt32(out uint lastTsn) || fields.Remaining % 2 != 0)
        {
            context.Drops.Count(SctpDropReason.InvalidReconfig);
            return false;
        }
        if (!IsNew(number)) return true;
        if (context.EventsAreBackedUp)                                // the application is behind
        {
            Postpone(number);
            return true;
        }
        _deferred.Clear();
        _deferredIsForAll = fields.IsEmpty;                           // §4.1: no list means all streams
        while (fields.TryReadUInt16(out ushort stream))
        {
            if (stream < context.InboundStreams)
            {
                _deferred.Add(stream);
                continue;
            }
            Answer(number, ReconfigResult.WrongSsn);                  // §4.4: there is no such stream
            return true;
        }
        if (_deferredIsForAll) _deferred.AddRange(receiver.Reassembly.Streams);
        (_hasDeferred, _deferredTsn) = (true, lastTsn);
        foreach (ushort stream in _deferred) receiver.Reassembly.HoldBack(stream, lastTsn);
        if (!Progress()) Postpone(number);
        return true;
    }

    /// <summary>Takes in an Add Outgoing Streams Request (§5.2.5).</summary>
    public void ReceiveAddStreams(uint number, WireReader fields)
    {
        if (!fields.TryReadUInt16(out ushort count) || !fields.TrySkip(2))
        {
            context.Drops.Count(SctpDropReason.InvalidReconfig);
            return;
        }
        if (!IsNew(number)) return;
        int total = context.Peer.OutboundStreams + count;
        bool fits = count > 0 && total <= context.Options.Streams;
        if (fits) context.Peer = context.Peer with { OutboundStreams = (ushort)total };
        Answer(number, fits ? ReconfigResult.Performed : ReconfigResult.Denied);
    }

    /// <summary>Performs a deferred reset once everything before it has arrived (§5.2.2 E3); false when there is none, or it must wait.</summary>
    public bool Progress()
    {
        if (!_hasDeferred || SerialNumber.IsLess(receiver.Tracker.Cumulative, _deferredTsn)) return false;
        _hasDeferred = false;
        foreach (ushort stream in _deferred)
        {
            receiver.Reassembly.Reset(stream);
            context.Raise(new SctpEvent(SctpEventKind.IncomingStreamReset, stream));
        }
        Answer(_expected, ReconfigResult.Performed);
        return true;
    }

    private void Write(uint number, ReconfigResult result)
    {
        Span<byte> value = stackalloc byte[ReconfigParameter.ResponseLength];
        WireWriter writer = new(value);
        ReconfigParameter.WriteResponse(ref writer, number, result);
        outbox.TryAdd(ChunkType.Reconfig, writer.Written);
    }
}
