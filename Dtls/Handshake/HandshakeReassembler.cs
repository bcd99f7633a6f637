namespace WebRtcStack.Dtls;

/// <summary>What became of a fragment.</summary>
internal enum FragmentOutcome
{
    Kept,

    /// <summary>It belongs to a message that was taken already.</summary>
    Old,

    Dropped,
}

/// <summary>Puts handshake messages together from fragments in any order, and hands them out by message_seq (RFC 6347 §4.2.2, §4.2.3).</summary>
/// <remarks>
/// Kept are the next message and as many bytes again of those behind it, both limited by the size of one message, in a window
/// of <see cref="Window"/> messages: a flight has at most six.
/// </remarks>
internal sealed class HandshakeReassembler(int maxMessageSize, DropCounters drops)
{
    private const int Window = 16;
    private readonly Message?[] _messages = new Message?[Window];

    /// <summary>message_seq of the message that is handed out next.</summary>
    public int NextSequence { get; private set; }

    public FragmentOutcome Add(in FragmentHeader header, ReadOnlySpan<byte> fragment)
    {
        if (header.Sequence < NextSequence) return FragmentOutcome.Old;
        if (header.Length > maxMessageSize || header.Sequence >= NextSequence + Window) return Drop(DtlsDropReason.HandshakeLimit);
        ref Message? message = ref _messages[header.Sequence % Window];
        if (message is null)
        {
            if (header.Sequence > NextSequence && BytesAhead() + header.Length > maxMessageSize) return Drop(DtlsDropReason.HandshakeLimit);
            message = new Message(header);
        }
        return message.TryAdd(header, fragment) ? FragmentOutcome.Kept : Drop(DtlsDropReason.MalformedHandshake);
    }

    /// <summary>Takes the next message when it is complete.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? raw)
    {
        ref Message? message = ref _messages[NextSequence % Window];
        raw = message is { IsComplete: true } ? message.Raw : null;
        if (raw is null) return false;
        message = null;
        NextSequence++;
        return true;
    }

    private int BytesAhead()
    {
        int bytes = 0;
        for (int i = 1; i < Window; i++) bytes += _messages[(NextSequence + i) % Window]?.Length ?? 0;
        return bytes;
    }

    private FragmentOutcome Drop(DtlsDropReason reason)
    {
        drops.Count(reason);
        return FragmentOutcome.Dropped;
    }

    private sealed class Message
    {
        private readonly HandshakeType _type;
        private ulong[]? _received;                                // a bit per byte; not needed for a message in one piece
        private int _missing;
        private bool _started;

        public Message(in FragmentHeader first)
        {
            _type = first.Type;
            _missing = Length = first.Length;
            Raw = new byte[FragmentHeader.Size + Length];
            new FragmentHeader(_type, Length, first.Sequence, 0, Length).Write(Raw);
        }

        public byte[] Raw { get; }

        public int Length { get; }

        public bool IsComplete => _started && _missing == 0;

        public bool TryAdd(in FragmentHeader header, ReadOnlySpan<byte> fragment)
        {
            if (header.Type != _type || header.Length != Length) return false;
            if (IsComplete) return true;
            _started = true;
            fragment.CopyTo(Raw.AsSpan(FragmentHeader.Size + header.Offset));
            if (header.FragmentLength == Length)
            {
                _missing = 0;
                return true;
            }
            _received ??= new ulong[(Length + 63) / 64];
            for (int i = header.Offset; i < header.Offset + header.FragmentLength; i++)
            {
                ulong bit = 1UL << (i % 64);
                if ((_received[i / 64] & bit) == 0) _missing--;
                _received[i / 64] |= bit;
            }
            return true;
        }
    }
}
