namespace WebRtcStack.Sctp;

/// <summary>The channels of a transport, by id, and those that have none yet.</summary>
internal sealed class ChannelTable(int capacity)
{
    /// <summary>RFC 8832 §6, RFC 8831 §6.2: 65535 streams are numbered from 0 to 65534.</summary>
    public const int MaxId = 65534;

    private readonly Dictionary<ushort, DataChannel> _byId = [];
    private readonly List<DataChannel> _withoutId = [];
    private int _lowestFree;                                          // in steps of our parity: all before it are taken

    public int Count => _byId.Count + _withoutId.Count;

    public bool IsFull => Count >= capacity;

    public Dictionary<ushort, DataChannel>.ValueCollection Identified => _byId.Values;

    public List<DataChannel> WithoutId => _withoutId;

    public bool TryGet(ushort id, [NotNullWhen(true)] out DataChannel? channel) => _byId.TryGetValue(id, out channel);

    public void Add(DataChannel channel)
    {
        if (channel.Id is { } id) _byId.Add(id, channel);
        else _withoutId.Add(channel);
    }

    /// <summary>Gives the channel the next free id of our parity below <paramref name="streams"/>; false when there is none.</summary>
    public bool TryAssignId(DataChannel channel, bool isDtlsClient, int streams)
    {
        if (!TryFindId(isDtlsClient, streams, out ushort id)) return false;
        channel.Id = id;
        _withoutId.Remove(channel);
        _byId.Add(id, channel);
        return true;
    }

    /// <summary>Whether an id of our parity is free below <paramref name="streams"/>.</summary>
    public bool HasFreeId(bool isDtlsClient, int streams) => TryFindId(isDtlsClient, streams, out _);

    private bool TryFindId(bool isDtlsClient, int streams, out ushort id)
    {
        int parity = isDtlsClient ? 0 : 1;                            // RFC 8832 §6: the DTLS client has the even ids
        int limit = Math.Min(streams, MaxId + 1);
        int choices = (limit - parity + 1) / 2;
        for (; _lowestFree < choices; _lowestFree++)
        {
            id = (ushort)(_lowestFree * 2 + parity);
            if (!_byId.ContainsKey(id)) return true;
        }
        id = 0;
        return false;
    }

    public void Remove(DataChannel channel)
    {
        _lowestFree = 0;
        if (channel.Id is { } id && _byId.TryGetValue(id, out DataChannel? entry) && ReferenceEquals(entry, channel)) _byId.Remove(id);
        else _withoutId.Remove(channel);
    }
}
