using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// Resets of sequence numbers (RFC 6525): our requests, of which one is under way at a time. The peer's are answered by
/// <see cref="ReconfigResponder"/>.
/// </summary>
internal sealed class StreamReset
{
    private readonly AssociationContext _context;
    private readonly DataSender _sender;
    private readonly ReconfigResponder _responder;
    private readonly List<OutgoingStream> _waiting = [];              // Draining, in the order of asking
    private readonly List<OutgoingStream> _requested = [];            // the streams of the outgoing request under way
    private readonly List<ushort> _incomingWaiting = [];              // the peer is to be asked for these
    private readonly List<ushort> _incomingRequested = [];
    private readonly List<OutgoingStream> _peerAsked = [];            // Draining, to be reset together because the peer asked for it
    private Instant _timer = Instant.Never;
    private uint _requestNumber;                                      // Re-configuration Request Sequence Number of ours
    private uint _responseNumber;                                     // the request of the peer that ours goes back to
    private uint _lastTsn;                                            // Sender's Last Assigned TSN, when first asked
    private bool _owed;
    private bool _isInProgress;                                       // so the peer said
    private bool _peerAskedForAll;
    private bool _requestsAll;                                        // no list means all streams (§4.1)

    public StreamReset(AssociationContext context, DataSender sender, DataReceiver receiver, ControlOutbox outbox)
    {
        (_context, _sender) = (context, sender);
        _responder = new ReconfigResponder(context, receiver, outbox);
    }

    public Instant NextTimeout => _timer;

    /// <summary>Whether a request is to be sent, now that streams may have drained.</summary>
    public bool IsOwed => _owed || (!IsUnderWay && (_incomingWaiting.Count > 0 || HasDrained()));

    private bool IsUnderWay => _requested.Count > 0 || _incomingRequested.Count > 0;

    private static int Room(int free) => (free - Chunk.HeaderLength - ReconfigParameter.RequestHeaderLength - 2) / 2;

    public void Start(uint localInitialTsn, uint peerInitialTsn)
    {
        _requestNumber = localInitialTsn;                             // §4.1: they start at the initial TSNs
        _responder.Start(peerInitialTsn);
        _waiting.Clear();
        _requested.Clear();
        _incomingWaiting.Clear();
        _incomingRequested.Clear();
        _peerAsked.Clear();
        (_owed, _isInProgress, _requestsAll, _peerAskedForAll, _timer) = (false, false, false, false, Instant.Never);
    }

    /// <summary>Asks for a reset once all that is queued on the stream has been sent and acknowledged.</summary>
    public void Request(OutgoingStream stream)
    {
        if (stream.Reset != StreamResetStage.None) return;
        if (!_context.Peer.Reconfig)
        {
            _context.Raise(new SctpEvent(SctpEventKind.StreamResetDenied, stream.Id));
            return;
        }
        stream.Reset = StreamResetStage.Draining;
        _waiting.Add(stream);
    }

    /// <summary>Asks the peer to reset its stream (§5.1.3).</summary>
    public void RequestIncoming(ushort stream)
    {
        if (!_context.Peer.Reconfig) _context.Raise(new SctpEvent(SctpEventKind.StreamResetDenied, stream));
        else if (!_incomingWaiting.Contains(stream)) _incomingWaiting.Add(stream);
    }

    public void AdvanceTo(Instant now)
    {
        if (now < _timer) return;
        _timer = Instant.Never;
        if (!_isInProgress)                                           // §5.2.7 H2
        {
            _context.Errors++;
            _context.Rto.BackOff();
        }
        _owed = true;
    }

    /// <summary>Writes our request; the streams of a repeated one are the same (§5.1.2).</summary>
    public void WriteRequest(ref WireWriter writer, Instant now)
    {
        int room = Room(writer.Free);
        int needed = _requestsAll ? 0 : Math.Max(_requested.Count, _incomingRequested.Count);
        if (!IsUnderWay && !_peerAskedForAll) needed = _peerAsked.Count;
        if (room < Math.Max(1, needed)) return;                       // it goes into the next packet
        if (!IsUnderWay) BeginRequest(room);
        int chunk = Chunk.Begin(ref writer, ChunkType.Reconfig);
        if (_requested.Count > 0)
            ReconfigParameter.WriteOutgoing(ref writer, _requestNumber, _responseNumber, _lastTsn, _requestsAll ? [] : _requested);
        else ReconfigParameter.WriteIncoming(ref writer, _requestNumber, _incomingRequested);
        Chunk.End(ref writer, chunk);
        _owed = _isInProgress = false;
        _timer = now + _context.Rto.Rto;
    }

    /// <summary>Takes in a RE-CONFIG chunk (§5.2.1).</summary>
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
                    if (fields.TryReadUInt32(out uint response) && _responder.ReceiveOutgoing(number, fields)) AcknowledgeIncoming(response);
                    break;
                case ParameterType.IncomingSsnResetRequest:
                    ReceiveIncoming(number, fields);
                    break;
                case ParameterType.ReconfigResponse:
                    if (fields.TryReadUInt32(out uint result)) ReceiveResponse(number, (ReconfigResult)result, now);
                    break;
                case ParameterType.AddOutgoingStreamsRequest:
                    _responder.ReceiveAddStreams(number, fields);
                    break;
                case ParameterType.SsnTsnResetRequest or ParameterType.AddIncomingStreamsRequest:
                    _responder.Refuse(number);                        // §5.2.4, §5.2.6: the endpoint's own decision; channels need neither
                    break;
                default:
                    any = false;
                    break;
            }
        }
        if (!any) _context.Drops.Count(SctpDropReason.InvalidReconfig);
    }

    /// <summary>Performs a deferred reset of the peer once everything before it has arrived (§5.2.2 E2).</summary>
    public void Progress() => _responder.Progress();

    // §5.2.3: an incoming request is answered by an outgoing one, for which the streams may have to drain first.
    private void ReceiveIncoming(uint number, WireReader fields)
    {
        bool isAnsweredByOurs = _requested.Count > 0 && _responseNumber == number && number == _responder.LastNumber;
        if (isAnsweredByOurs) _owed = true;                           // ours was lost, as it seems
        if (isAnsweredByOurs || !_responder.IsNew(number)) return;
        if (_peerAsked.Count > 0)
        {
            _responder.Postpone(number);
            return;
        }
        _peerAskedForAll = fields.IsEmpty;
        bool overlaps = _requested.Count > 0, hasCounted = false;
        while (fields.TryReadUInt16(out ushort id))
        {
            if (id >= Math.Min(_context.Options.Streams, (int)_context.Peer.InboundStreams))
            {
                _peerAsked.Clear();
                _responder.Answer(number, ReconfigResult.WrongSsn);
                return;
            }
            OutgoingStream stream = _sender.Messages.Stream(id);
            overlaps &= _requested.Contains(stream);
            hasCounted |= HasCounted(stream);
            _peerAsked.Add(stream);
        }
        foreach (OutgoingStream stream in _sender.Messages.Streams)
        {
            if (!_peerAskedForAll || !HasCounted(stream)) continue;
            overlaps &= _requested.Contains(stream);
            hasCounted = true;
            _peerAsked.Add(stream);
        }
        if (overlaps || !hasCounted)                                  // they are being reset, or are at 0
        {
            _peerAsked.Clear();
            _responder.Answer(number, ReconfigResult.NothingToDo);
            return;
        }
        if (!_peerAskedForAll && _peerAsked.Count > Room(_context.Mtu - PacketHeader.Length))
        {
            _peerAsked.Clear();
            _responder.Answer(number, ReconfigResult.Denied);         // no packet of ours could list them
            return;
        }
        foreach (OutgoingStream stream in _peerAsked)
        {
            if (stream.Reset == StreamResetStage.None) stream.Reset = StreamResetStage.Draining;
            _waiting.Remove(stream);
        }
        _responder.Answer(number, ReconfigResult.InProgress);
    }

    private void ReceiveResponse(uint number, ReconfigResult result, Instant now)
    {
        if (!IsUnderWay || number != _requestNumber)
        {
            _context.Drops.Count(SctpDropReason.InvalidReconfig);
            return;
        }
        _context.Errors = 0;
        if (result is ReconfigResult.InProgress or ReconfigResult.RequestAlreadyInProgress)          // §5.2.7: ask again, after a while
        {
            (_isInProgress, _timer) = (true, now + _context.Rto.Rto);
            return;
        }
        Complete(result is ReconfigResult.Performed or ReconfigResult.NothingToDo);
    }

    // §5.2.2 E1: the request that we asked for is the answer to ours.
    private void AcknowledgeIncoming(uint responseNumber)
    {
        if (_incomingRequested.Count > 0 && responseNumber == _requestNumber) Complete(performed: true);
    }

    private void Complete(bool performed)
    {
        foreach (OutgoingStream stream in _requested)
        {
            stream.Reset = StreamResetStage.None;
            if (performed) stream.ResetNumbers();
            _context.Raise(new SctpEvent(performed ? SctpEventKind.OutgoingStreamReset : SctpEventKind.StreamResetDenied, stream.Id));
        }
        foreach (ushort stream in _incomingRequested)
        {
            if (!performed) _context.Raise(new SctpEvent(SctpEventKind.StreamResetDenied, stream));
        }
        _requested.Clear();
        _incomingRequested.Clear();
        _requestNumber++;
        (_timer, _owed, _isInProgress, _requestsAll) = (Instant.Never, false, false, false);
    }

    private void BeginRequest(int room)
    {
        _responseNumber = _responder.LastNumber;
        _lastTsn = _sender.Outstanding.NextTsn - 1;
        if (_peerAsked.Count > 0 && _peerAsked.TrueForAll(IsDrained))
        {
            _requested.AddRange(_peerAsked);
            _requestsAll = _peerAskedForAll;
            _peerAsked.Clear();
        }
        else MoveDrained(room);
        foreach (OutgoingStream stream in _requested) stream.Reset = StreamResetStage.Requested;
        if (_requested.Count > 0) return;
        int count = Math.Min(room, _incomingWaiting.Count);
        _incomingRequested.AddRange(_incomingWaiting.GetRange(0, count));
        _incomingWaiting.RemoveRange(0, count);
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
            _requested.Add(stream);
        }
    }

    private bool HasDrained()
    {
        foreach (OutgoingStream stream in _waiting)
        {
            if (IsDrained(stream)) return true;
        }
        return _peerAsked.Count > 0 && _peerAsked.TrueForAll(IsDrained);
    }

    private bool IsDrained(OutgoingStream stream) =>
        stream.Head is null && (!stream.HasSent || SerialNumber.IsLessOrEqual(stream.LastTsn, _sender.Outstanding.CumulativeAck));

    private static bool HasCounted(OutgoingStream stream) => stream.Head is not null || stream.NextOrdered != 0 || stream.NextUnordered != 0;
}
