using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>A handshake without records on its way in: the messages of an honest peer, handed over one by one, and forged ones between them.</summary>
internal sealed class HandshakeHarness : IDisposable
{
    private readonly HandshakeContext _context;
    private readonly RecordLayer _records;
    private readonly Queue<(byte[] Raw, ushort Epoch)> _waiting = new();
    private readonly List<byte[]> _early = [];                      // datagrams whose keys the handshake has not come to yet
    private readonly HandshakeReassembler _reassembler = new(65536, new DropCounters());
    private readonly byte[] _buffer = new byte[1500];
    private DtlsPeer? _other;
    private ushort _nextSequence;

    public HandshakeHarness(DtlsOptions options, RandomSource random)
    {
        DropCounters drops = new();
        _records = new RecordLayer(256, drops);
        _context = new HandshakeContext(options, random, _records, new PeerIdentity());
        Machine = new HandshakeMachine(_context, drops);
    }

    public HandshakeMachine Machine { get; }

    /// <summary>The warning that is owed outside of the handshake.</summary>
    public DtlsAlert? OwedWarning => _context.OwedWarning;

    /// <summary>The honest peer's messages that were taken over so far.</summary>
    public List<(byte[] Raw, ushort Epoch)> Delivered { get; } = [];

    /// <summary>Starts without a peer: its messages are known.</summary>
    public void Start() => Machine.Start();

    /// <summary>Hands over a message of an earlier run.</summary>
    public void Deliver(byte[] raw, ushort epoch, Instant now) => Machine.Receive(raw, new RecordNumber(epoch, 0), now);

    /// <summary>Sends what is owed to nobody.</summary>
    public void Discard(Instant now)
    {
        while (_context.Flight.Transmit(_buffer, now) > 0) { }
    }

    public void Start(DtlsPeer other, Instant now)
    {
        _other = other;
        Machine.Start();
        other.Connection.Start(now);
    }

    /// <summary>Hands over the next message of the honest peer.</summary>
    public HandshakeType DeliverNext(Instant now)
    {
        (byte[] raw, ushort epoch) = TakeNext(now);
        Deliver(raw, epoch, now);
        return (HandshakeType)raw[0];
    }

    /// <summary>Hands over the honest peer's next message in another epoch.</summary>
    public void DeliverNextIn(ushort epoch, Instant now) => Deliver(TakeNext(now).Raw, epoch, now);

    /// <summary>Suppresses the honest peer's next message and hands over the one behind it in its place, with its number.</summary>
    public void SkipNext(Instant now)
    {
        TakeNext(now);
        (byte[] raw, ushort epoch) = TakeNext(now);
        Deliver(HandshakeMessage.Build((HandshakeType)raw[0], (ushort)(_nextSequence - 2), raw.AsSpan(FragmentHeader.Size)), epoch, now);
    }

    /// <summary>Whether the honest peer has said all.</summary>
    public bool IsSilent(Instant now)
    {
        while (_waiting.Count == 0 && Exchange(now)) { }
        return _waiting.Count == 0;
    }

    /// <summary>Hands over a forged message with the number that is next, in the epoch that it would come in.</summary>
    public void Inject(HandshakeType type, byte[] body, Instant now)
    {
        ushort epoch = type == HandshakeType.Finished && _records.IsDtls13 == false ? (ushort)1 : (ushort)0;
        if (_records.IsDtls13 == true) epoch = 2;
        if (Machine.IsEstablished) epoch = _records.ReadEpoch;
        if (_records.IsDtls13 is null && type == HandshakeType.Finished) epoch = 1;
        Machine.Receive(HandshakeMessage.Build(type, _nextSequence, body), new RecordNumber(epoch, 0), now);
    }

    public void Dispose()
    {
        Machine.Dispose();
        _records.Dispose();
        _other?.Dispose();
    }

    private (byte[] Raw, ushort Epoch) TakeNext(Instant now)
    {
        while (_waiting.Count == 0 && Exchange(now)) { }
        (byte[] Raw, ushort Epoch) next = _waiting.Dequeue();
        Delivered.Add(next);
        _nextSequence++;
        return next;
    }

    // Both send what they have: ours to the peer as it is, the peer's is opened and kept as messages.
    private bool Exchange(Instant now)
    {
        bool any = false;
        while (_context.Flight.Transmit(_buffer, now) is > 0 and int length)
        {
            _other!.Receive(_buffer.AsSpan(0, length), now);
            any = true;
        }
        while (_other!.Transmit(_buffer, now) is > 0 and int length)
        {
            any = true;
            _early.Add(_buffer[..length]);
        }
        byte[][] datagrams = [.. _early];
        _early.Clear();
        foreach (byte[] datagram in datagrams) Keep(datagram);
        return any || _waiting.Count > 0;
    }

    private void Keep(byte[] datagram)
    {
        Span<byte> rest = datagram;
        while (RecordLayer.TryMeasure(rest, out int size))
        {
            byte[] copy = rest[..size].ToArray();
            if (_records.Open(copy, out OpenedRecord opened) == RecordOutcome.NoKeys)
            {
                _early.Add(rest.ToArray());
                return;
            }
            rest = rest[size..];
            if (opened.Type != ContentType.Handshake) continue;
            WireReader reader = new(copy.AsSpan(opened.Offset, opened.Length));
            while (FragmentHeader.TryRead(ref reader, out FragmentHeader fragment, out ReadOnlySpan<byte> body))
                _reassembler.Add(fragment, body, opened.Number.Epoch);
            while (_reassembler.TryTake(out byte[]? raw, out ushort epoch)) _waiting.Enqueue((raw, epoch));
        }
    }
}
