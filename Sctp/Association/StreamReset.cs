using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Outgoing SSN resets, ours and the peer's (RFC 6525). One request of ours is under way at a time.</summary>
internal sealed class StreamReset(AssociationContext context, DataSender sender, DataReceiver receiver, ControlOutbox outbox)
{
    private const int RequestHeaderLength = 16;
    private readonly List<OutgoingStream> _waiting = [];              // Draining, in the order of asking
    private readonly List<OutgoingStream> _requested = [];
    private readonly List<ushort> _deferred = [];                     // the peer's request that waits for its last TSN
    private Instant _timer = Instant.Never;
    private uint _requestNumber;                                      // Re-configuration Request Sequence Number of ours
    private uint _lastTsn;                                            // Sender's Last Assigned TSN, when first asked
    private uint _peerRequestNumber;                                  // the one we expect next
    private uint _deferredTsn;
    private ReconfigResult _lastResult;
    private bool _hasDeferred;
    private bool _deferredIsForAll;
    private bool _owed;
    private bool _hasAnswered;

    public Instant NextTimeout => _timer;

    /// <summary>Whether a request is to be sent, now that streams may have drained.</summary>
    public bool IsOwed => _owed || (_requested.Count == 0 && HasDrained());

    public void Start(uint localInitialTsn, uint peerInitialTsn)
    {
        _requestNumber = localInitialTsn;                             // §4.1: they start at the initial TSNs
        _peerRequestNumber = peerInitialTsn;
        _waiting.Clear();
        _requested.Clear();
        _deferred.Clear();
        (_hasDeferred, _owed, _hasAnswered, _timer) = (false, false, false, Instant.Never);
    }

    /// <summary>Asks for a reset once all that is queued on the stream has been sent and acknowledged.</summary>
    public void Request(OutgoingStream stream)
    {
        if (stream.Reset != StreamResetStage.None) return;
        if (!context.Peer.Reconfig)
        {
            context.Raise(new SctpEvent(SctpEventKind.StreamResetDenied, stream.Id));
            return;
        }
        stream.Reset = StreamResetStage.Draining;
        _waiting.Add(stream);
    }

    public void AdvanceTo(Instant now)
    {
        if (now < _timer) return;
        _timer = Instant.Never;
        context.Errors++;
        context.Rto.BackOff();
        _owed = true;
    }

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-------------------------------+-------------------------------+
    // |     Parameter Type = 13       | Parameter Length = 16 + 2 * N |
    // +---------------------------------------------------------------+
    // |           Re-configuration Request Sequence Number            |
    // +---------------------------------------------------------------+
    // |           Re-configuration Response Sequence Number           |
    // +---------------------------------------------------------------+
    // |                Sender's Last Assigned TSN                     |
    // +-------------------------------+-------------------------------+
    // |  Stream Number 1 (optional)   |    Stream Number 2 (optional) |

    /// <summary>Writes our request; the streams of a repeated one are the same (§5.1.2).</summary>
    public void WriteRequest(ref WireWriter writer, Instant now)
    {
        int room = (writer.Free - Chunk.HeaderLength - RequestHeaderLength - 2) / 2;
        if (room < Math.Max(1, _requested.Count)) return;
        if (_requested.Count == 0)
        {
            MoveDrained(room);
            _lastTsn = sender.Outstanding.NextTsn - 1;
        }
        int chunk = Chunk.Begin(ref writer, ChunkType.Reconfig);
        int parameter = writer.Length;
        writer.WriteUInt16((ushort)ParameterType.OutgoingSsnResetRequest);
        writer.WriteUInt16(0);
        writer.WriteUInt32(_requestNumber);
        writer.WriteUInt32(_peerRequestNumber - 1);
        writer.WriteUInt32(_lastTsn);
        foreach (OutgoingStream stream in _requested) writer.WriteUInt16(stream.Id);
        Chunk.End(ref writer, parameter);
        Chunk.End(ref writer, chunk);
        _owed = false;
        _timer = now + context.Rto.Rto;
    }

    /// <summary>Takes in a RE-CONFIG chunk (§5.2).</summary>
    public void Receive(in Chunk chunk, Instant now)
    {
        WireReader reader = new(chunk.Value);
        bool any = false;
        while (Parameter.TryRead(ref reader, out Parameter parameter))
        {
            WireReader fields = new(parameter.Value);
            if (!fields.TryReadUInt32(out uint number)) break;
            any = true;
            switch ((ParameterType)parameter.Type)
            {
                case ParameterType.OutgoingSsnResetRequest:
                    ReceiveRequest(number, ref fields);
                    break;
                case ParameterType.ReconfigResponse:
                    if (fields.TryReadUInt32(out uint result)) ReceiveResponse(number, (ReconfigResult)result, now);
                    break;
                case ParameterType.IncomingSsnResetRequest or ParameterType.SsnTsnResetRequest
                    or ParameterType.AddOutgoingStreamsRequest or ParameterType.AddIncomingStreamsRequest:
                    Refuse(number);                                   // data channels need none of them
                    break;
                default:
                    any = false;
                    break;
            }
        }
        if (!any) context.Drops.Count(SctpDropReason.InvalidReconfig);
    }

    /// <summary>Performs a deferred reset once everything before it has arrived (§5.2.2 E2).</summary>
    public void Progress()
    {
        if (!_hasDeferred || SerialNumber.IsLess(receiver.Tracker.Cumulative, _deferredTsn)) return;
        _hasDeferred = false;
        if (_deferredIsForAll) _deferred.AddRange(receiver.Reassembly.Streams);
        foreach (ushort stream in _deferred)
        {
            receiver.Reassembly.Reset(stream);
            context.Raise(new SctpEvent(SctpEventKind.IncomingStreamReset, stream));
        }
        Answer(_peerRequestNumber++, ReconfigResult.Performed);
    }

    private void ReceiveRequest(uint number, ref WireReader fields)
    {
        if (_hasAnswered && number == _peerRequestNumber - 1)         // §5.2.1: our answer was lost
        {
            Answer(number, _lastResult);
            return;
        }
        if (number != _peerRequestNumber)
        {
            Answer(number, ReconfigResult.BadSequenceNumber, remember: false);
            return;
        }
        if (!fields.TrySkip(4) || !fields.TryReadUInt32(out uint lastTsn) || fields.Remaining % 2 != 0)
        {
            context.Drops.Count(SctpDropReason.InvalidReconfig);
            return;
        }
        if (context.EventsAreBackedUp)                                // the application is behind: the peer asks again
        {
            Answer(number, ReconfigResult.InProgress, remember: false);
            return;
        }
        _deferred.Clear();
        _deferredIsForAll = fields.IsEmpty;                           // §4.1: no list means all streams
        while (fields.TryReadUInt16(out ushort stream))
        {
            if (stream < context.Peer.OutboundStreams) _deferred.Add(stream);
        }
        (_hasDeferred, _deferredTsn) = (true, lastTsn);
        if (SerialNumber.IsLess(receiver.Tracker.Cumulative, lastTsn)) Answer(number, ReconfigResult.InProgress, remember: false);
        else Progress();
    }

    private void Refuse(uint number)
    {
        if (number != _peerRequestNumber)
        {
            Answer(number, _hasAnswered && number == _peerRequestNumber - 1 ? _lastResult : ReconfigResult.BadSequenceNumber, remember: false);
            return;
        }
        _hasDeferred = false;
        Answer(_peerRequestNumber++, ReconfigResult.Denied);
    }

    private void ReceiveResponse(uint number, ReconfigResult result, Instant now)
    {
        if (_requested.Count == 0 || number != _requestNumber)
        {
            context.Drops.Count(SctpDropReason.InvalidReconfig);
            return;
        }
        context.Errors = 0;
        if (result == ReconfigResult.InProgress)                      // §5.2.7: ask again, after a while
        {
            _timer = now + context.Rto.Rto;
            return;
        }
        bool performed = result is ReconfigResult.Performed or ReconfigResult.NothingToDo;
        foreach (OutgoingStream stream in _requested)
        {
            stream.Reset = StreamResetStage.None;
            if (performed) stream.ResetNumbers();
            context.Raise(new SctpEvent(performed ? SctpEventKind.OutgoingStreamReset : SctpEventKind.StreamResetDenied, stream.Id));
        }
        _requested.Clear();
        _requestNumber++;
        (_timer, _owed) = (Instant.Never, false);
    }

    private void Answer(uint number, ReconfigResult result, bool remember = true)
    {
        if (remember) (_lastResult, _hasAnswered) = (result, true);
        Span<byte> value = stackalloc byte[12];
        WireWriter writer = new(value);
        writer.WriteUInt16((ushort)ParameterType.ReconfigResponse);
        writer.WriteUInt16(12);
        writer.WriteUInt32(number);
        writer.WriteUInt32((uint)result);
        outbox.TryAdd(ChunkType.Reconfig, writer.Written);
    }

    private void MoveDrained(int room)
    {
        for (int i = 0; i < _waiting.Count && _requested.Count < room;)
        {
            OutgoingStream stream = _waiting[i];
            if (!IsDrained(stream))
            {
                i++;
                continue;
            }
            _waiting.RemoveAt(i);
            stream.Reset = StreamResetStage.Requested;
            _requested.Add(stream);
        }
    }

    private bool HasDrained()
    {
        foreach (OutgoingStream stream in _waiting)
        {
            if (IsDrained(stream)) return true;
        }
        return false;
    }

    private bool IsDrained(OutgoingStream stream) =>
        stream.Head is null && (!stream.HasSent || SerialNumber.IsLessOrEqual(stream.LastTsn, sender.Outstanding.CumulativeAck));

    private enum ReconfigResult : uint
    {
        NothingToDo = 0,
        Performed = 1,
        Denied = 2,
        BadSequenceNumber = 5,
        InProgress = 6,
    }
}
