using System.Text;

namespace WebRtcStack.Sctp;

/// <summary>What a channel is to be like. The default is reliable and in order, without a name.</summary>
public readonly record struct DataChannelParameters
{
    /// <summary>Creates parameters with their defaults.</summary>
    public DataChannelParameters()
    {
    }

    /// <summary>A name for the application's use; up to 65535 bytes of UTF-8. Default empty.</summary>
    public string Label { get; init; } = "";

    /// <summary>The subprotocol spoken on it; up to 65535 bytes of UTF-8. Default empty.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>Whether messages arrive in order. Default true.</summary>
    public bool Ordered { get; init; } = true;

    /// <summary>Give a message up after this many milliseconds; null for never. Excludes <see cref="MaxRetransmits"/>.</summary>
    public int? MaxPacketLifeTime { get; init; }

    /// <summary>Give a message up after it was sent again this often; null for never. Excludes <see cref="MaxPacketLifeTime"/>.</summary>
    public int? MaxRetransmits { get; init; }

    /// <summary>Whether both applications create the channel with the same <see cref="Id"/>, without DCEP. Default false.</summary>
    public bool Negotiated { get; init; }

    /// <summary>The stream, from 0 to 65534; required where negotiated. Elsewhere null for the next free one of our parity, unless the caller does that choice of RFC 8832 §6 itself.</summary>
    public ushort? Id { get; init; }

    /// <summary>Its share of the path relative to others (RFC 8831 §6.4): 128 below normal, 256 normal, 512 high, 1024 extra high. Default 256; from 1 to 65535, other values being legal.</summary>
    public ushort Priority { get; init; } = 256;

    /// <summary>Throws where parameters are out of their ranges or contradict each other.</summary>
    internal static void Check(in DataChannelParameters parameters)
    {
        if (parameters.Label is null || parameters.Protocol is null)
            throw new ArgumentException("Label and Protocol must not be null; use an empty string.", nameof(parameters));
        if (Math.Max(Encoding.UTF8.GetByteCount(parameters.Label), Encoding.UTF8.GetByteCount(parameters.Protocol)) > ushort.MaxValue)
            throw new ArgumentException("Label and Protocol take at most 65535 bytes of UTF-8.", nameof(parameters));
        if (parameters.MaxPacketLifeTime is not null && parameters.MaxRetransmits is not null)
            throw new ArgumentException("Set MaxPacketLifeTime or MaxRetransmits, not both.", nameof(parameters));
        if (parameters.MaxPacketLifeTime is < 0 or > ushort.MaxValue || parameters.MaxRetransmits is < 0 or > ushort.MaxValue)
            throw new ArgumentException("MaxPacketLifeTime and MaxRetransmits are from 0 to 65535.", nameof(parameters));
        if (parameters.Priority == 0) throw new ArgumentException("Priority is from 1 to 65535.", nameof(parameters));
        if (parameters.Negotiated && parameters.Id is null)
            throw new ArgumentException("A negotiated channel needs an Id.", nameof(parameters));
        if (parameters is { Negotiated: true, Id: > ChannelTable.MaxId })
            throw new ArgumentException("Ids are from 0 to 65534.", nameof(parameters));
    }
}
