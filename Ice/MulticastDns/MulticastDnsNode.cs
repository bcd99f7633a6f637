using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>
/// Resolves and publishes the ".local" names that stand for addresses in candidates: the part of multicast DNS (RFC 6762) that
/// draft-ietf-mmusic-mdns-ice-candidates needs.
/// </summary>
/// <remarks>
/// It owns no socket or clock. Its socket is one of port 5353 that has joined <see cref="Group"/>; what <see cref="Transmit"/>
/// writes leaves from there. Names are random and so unique: they are neither probed for nor announced (draft §3.1.1), and
/// nothing is cached. Not thread-safe.
/// </remarks>
public sealed class MulticastDnsNode(MulticastDnsOptions options, RandomSource random)
{
    /// <summary>The least length of the destination of <see cref="Transmit"/>.</summary>
    public const int MinDatagramSize = 576;

    private const ushort Port = 5353;
    private static readonly TimeSpan s_answerInterval = TimeSpan.FromSeconds(1);

    private readonly MulticastDnsOptions _options = Require.NotNull(options);
    private readonly RandomSource _random = Require.NotNull(random);
    private readonly List<Query> _queries = [];
    private readonly Dictionary<string, Published> _names = [];
    private readonly Queue<Answer> _answers = new();
    private readonly Queue<MulticastDnsEvent> _events = new();

    /// <summary>Where queries, and most answers, go: 224.0.0.251, port 5353.</summary>
    public static TransportAddress Group { get; } = TransportAddress.FromIPv4(0xE00000FB, Port);

    /// <summary>Whether nothing is published and nothing asked for.</summary>
    public bool IsIdle => _queries.Count == 0 && _names.Count == 0 && _answers.Count == 0;

    /// <summary>Datagrams that were no multicast DNS messages.</summary>
    public long Malformed { get; private set; }

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Query query in _queries) next = Instant.Min(next, query.NextTimeout);
            return next;
        }
    }

    /// <summary>Whether a name is one that this node resolves: one label, then "local".</summary>
    public static bool IsLocalName(string name) => DnsName.IsLocal(Require.NotNull(name));

    /// <summary>Draws a name for an address of ours: a version 4 UUID, then ".local" (draft §3.1.1).</summary>
    public string CreateName()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.Fill(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x40);                        // RFC 9562 §5.4
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        string hex = string.Concat(Array.ConvertAll(bytes.ToArray(), static b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
        return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}.local";
    }

    /// <summary>Answers for a name from now on.</summary>
    /// <exception cref="ArgumentException">The name is not one label and "local".</exception>
    /// <exception cref="InvalidOperationException"><see cref="MulticastDnsOptions.MaxNames"/> names are published.</exception>
    public void Publish(string name, TransportAddress address)
    {
        if (!IsLocalName(name)) throw new ArgumentException("A name is one label and \".local\".", nameof(name));
        if (_names.Count >= _options.MaxNames) throw new InvalidOperationException("Too many names are published; raise MulticastDnsOptions.MaxNames.");
        _names[name.ToLowerInvariant()] = new Published(address);
    }

    /// <summary>Answers for a name no more.</summary>
    public void Withdraw(string name) => _names.Remove(Require.NotNull(name).ToLowerInvariant());

    /// <summary>Asks for a name's address: an event tells it. One that is published here is known at once.</summary>
    public void Resolve(string name)
    {
        string key = Require.NotNull(name).ToLowerInvariant();
        if (_names.TryGetValue(key, out Published? own)) _events.Enqueue(new MulticastDnsEvent(key, own.Address));
        else if (!DnsName.IsLocal(key) || _queries.Count >= _options.MaxQueries) _events.Enqueue(new MulticastDnsEvent(key, default));
        else if (!_queries.Exists(query => query.Name == key)) _queries.Add(new Query(key, _options.RetryInterval));
    }

    /// <summary>Takes a datagram.</summary>
    /// <param name="datagram">The datagram, which stays the caller's.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="now">The time.</param>
    public void Receive(ReadOnlySpan<byte> datagram, TransportAddress source, Instant now)
    {
        bool good = datagram.Length >= MulticastDnsMessage.HeaderLength &&
            (MulticastDnsMessage.IsResponse(datagram) ? ReceiveAnswers(datagram) : ReceiveQuestions(datagram, source, now));
        if (!good) Malformed++;
    }

    /// <summary>Writes the next message. Call until it returns 0.</summary>
    /// <param name="destination">Takes the message; at least <see cref="MinDatagramSize"/> bytes.</param>
    /// <param name="now">The time.</param>
    /// <param name="to">Where to send it.</param>
    /// <returns>Bytes written; 0 when nothing is owed now.</returns>
    public int Transmit(Span<byte> destination, Instant now, out TransportAddress to)
    {
        while (_answers.Count > 0)
        {
            Answer answer = _answers.Dequeue();
            if (!_names.TryGetValue(answer.Name, out Published? published)) continue;
            to = answer.To;
            return MulticastDnsMessage.WriteAnswer(destination, answer.Name, published.Address, answer.LegacyId);
        }
        to = Group;
        foreach (Query query in _queries)
        {
            if (!query.IsOwed) continue;
            query.Sent(now);
            return MulticastDnsMessage.WriteQuery(destination, query.Name);
        }
        return 0;
    }

    /// <summary>Does what is due by <paramref name="now"/>. Early and repeated calls are harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        for (int i = _queries.Count - 1; i >= 0; i--)
        {
            if (now < _queries[i].NextTimeout || _queries[i].AskAgain(_options.MaxAttempts)) continue;
            _events.Enqueue(new MulticastDnsEvent(_queries[i].Name, default));
            _queries.RemoveAt(i);
        }
    }

    /// <summary>Reads what has become of a query.</summary>
    public bool TryReadEvent(out MulticastDnsEvent e)
    {
        e = default;
        if (_events.Count == 0) return false;
        e = _events.Dequeue();
        return true;
    }

    private bool ReceiveAnswers(ReadOnlySpan<byte> message)
    {
        int offset = MulticastDnsMessage.HeaderLength;
        for (int i = MulticastDnsMessage.QuestionCount(message); i > 0; i--)
        {
            if (!MulticastDnsMessage.TryReadQuestion(message, ref offset, out _, out _, out _)) return false;
        }
        for (int i = MulticastDnsMessage.RecordCount(message); i > 0; i--)
        {
            if (!MulticastDnsMessage.TryReadRecord(message, ref offset, out string name, out TransportAddress address)) return false;
            if (address.IsNone || _queries.FindIndex(query => query.Name == name) is not (>= 0 and int index)) continue;
            _queries.RemoveAt(index);
            _events.Enqueue(new MulticastDnsEvent(name, address));
        }
        return true;
    }

    private bool ReceiveQuestions(ReadOnlySpan<byte> message, TransportAddress source, Instant now)
    {
        int offset = MulticastDnsMessage.HeaderLength;
        for (int i = MulticastDnsMessage.QuestionCount(message); i > 0; i--)
        {
            if (!MulticastDnsMessage.TryReadQuestion(message, ref offset, out string name, out ushort type, out bool wantsUnicast)) return false;
            if (!_names.TryGetValue(name, out Published? published) || !published.Has(type) || _answers.Count >= _options.MaxPendingAnswers) continue;
            // RFC 6762 §6.7: who asks from another port is an ordinary client; §6: a record is multicast once in a second.
            if (source.Port != Port) _answers.Enqueue(new Answer(name, source, MulticastDnsMessage.Id(message)));
            else if (wantsUnicast) _answers.Enqueue(new Answer(name, source, null));
            else if (published.TryAnswer(now, s_answerInterval)) _answers.Enqueue(new Answer(name, Group, null));
        }
        return true;
    }

    private readonly record struct Answer(string Name, TransportAddress To, ushort? LegacyId);

    private sealed class Published(TransportAddress address)
    {
        private Instant _nextAnswer = new(long.MinValue);

        public TransportAddress Address => address;

        public bool Has(ushort type) => type == MulticastDnsMessage.TypeAny || type == (address.IsIPv4 ? MulticastDnsMessage.TypeA : MulticastDnsMessage.TypeAaaa);

        public bool TryAnswer(Instant now, TimeSpan interval)
        {
            if (now < _nextAnswer) return false;
            _nextAnswer = now + interval;
            return true;
        }
    }

    private sealed class Query(string name, TimeSpan interval)
    {
        private TimeSpan _interval = interval;
        private int _sent;

        public string Name => name;

        public bool IsOwed { get; private set; } = true;

        public Instant NextTimeout { get; private set; } = Instant.Never;

        public void Sent(Instant now)
        {
            IsOwed = false;
            _sent++;
            NextTimeout = now + _interval;
            _interval += _interval;                                       // §5.2: at least twice as long each time
        }

        public bool AskAgain(int most)
        {
            if (_sent >= most) return false;
            IsOwed = true;
            NextTimeout = Instant.Never;
            return true;
        }
    }
}
