namespace WebRtcStack.Dtls;

/// <summary>What became of a fragment.</summary>
internal enum FragmentOutcome
{
    Kept,

    /// <summary>It belongs to a message that was taken already.</summary>
    Old,

    Dropped,

    /// <summary>It says something else than an earlier fragment of the same bytes (RFC 9147 §5.5).</summary>
    Contradictory,
}

/// <summary>Puts handshake messages together from fragments in any order, and hands them out by message_seq (RFC 6347 §4.2.2, §4.2.3).</summary>
/// <remarks>
/// Kept are the next message and as many bytes again of those behind it, both limited by the size of one message, in a window
/// of <see cref="Window"/> messages: a flight has at most six.
/// </remarks>
internal sealed class HandshakeReassembler(int maxMessageSize, DropCounters drops, int firstSequence = 0)
{
    private const int Window = 16;
    private readonly Message?[] _messages = new Message?[Window];

    /// <summary>message_seq of the message that is handed out next.</summary>
    public int NextSequence { get; private set; } = firstSequence;

    /// <summary>Whether a message behind a missing one is kept.</summary>
    public bool HasGap => _messages[NextSequence % Window] is null && BytesAhead() > 0;

    /// <summary>Keeps a fragment. One that is protected takes the place of what came without protection.</summary>
    public FragmentOutcome Add(in FragmentHeader header, ReadOnlySpan<byte> fragment, ushort epoch = 0)
    {
        if (header.Sequence < NextSequence) return FragmentOutcome.Old;
        if (header.Length > maxMessageSize || header.Sequence >= NextSequence + Window) return Drop(DtlsDropReason.HandshakeLimit);
        ref Message? message = ref _messages[header.Sequence % Window];
        if (message is { Epoch: 0 } && epoch > 0) message = null;
        if (message is null)
        {
            if (header.Sequence > NextSequence && BytesAhead() + header.Length > maxMessageSize) return Drop(DtlsDropReason.HandshakeLimit);
            message = new Message(header, epoch);
        }
        if (!message.Fits(header, epoch)) return Drop(DtlsDropReason.MalformedHandshake);
        return message.TryAdd(header, fragment) ? FragmentOutcome.Kept : FragmentOutcome.Contradictory;
    }

    /// <summary>Forgets what came without protection: from here on it is not valid any more.</summary>
    public void ForgetUnprotected()
    {
        for (int i = 0; i < Window; i++)
        {
            if (_messages[i] is { Epoch: 0 }) _messages[i] = null;
        }
    }

    /// <summary>Takes the next message when it is complete.</summary>
    /// <param name="raw">The message.</param>
    /// <param name="epoch">The epoch that all of it came under.</param>
    public bool TryTake([NotNullWhen(true)] out byte[]? raw, out ushort epoch)
    {
        ref Message? message = ref _messages[NextSequence % Window];
        raw = message is { IsComplete: true } ? message.Raw : null;
        epoch = message?.Epoch ?? 0;
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
        private ByteSet? _received;                                // not needed for a message in one piece
        private bool _complete;

        public Message(in FragmentHeader first, ushort epoch)
        {
            (_type, Length, Epoch) = (first.Type, first.Length, epoch);
            Raw = new byte[FragmentHeader.Size + Length];
            new FragmentHeader(_type, Length, first.Sequence, 0, Length).Write(Raw);
        }

        public byte[] Raw { get; }

        public int Length { get; }

        public ushort Epoch { get; }

        public bool IsComplete => _complete;

        public bool Fits(in FragmentHeader header, ushort epoch) => header.Type == _type && header.Length == Length && epoch == Epoch;

        /// <summary>False when the fragment contradicts what is there.</summary>
        public bool TryAdd(in FragmentHeader header, ReadOnlySpan<byte> fragment)
        {
            Span<byte> there = Raw.AsSpan(FragmentHeader.Size + header.Offset, header.FragmentLength);
            if (_complete) return there.SequenceEqual(fragment);
            for (int i = 0; _received is not null && i < fragment.Length; i++)
            {
                if (_received.Contains(header.Offset + i) && there[i] != fragment[i]) return false;
            }
            fragment.CopyTo(there);
            _complete = header.FragmentLength == Length;
            if (_complete) return true;
            _received ??= new ByteSet(Length);
            _received.Add(header.Offset, header.FragmentLength);
            _complete = _received.Missing == 0;
            return true;
        }
    }
}
