namespace WebRtcStack.Srtp;

/// <summary>Limits of a protector or an unprotector.</summary>
/// <remarks>
/// Worst-case memory of either: <see cref="MaxStreams"/> times twice (RTP and RTCP) an eighth of <see cref="ReplayWindow"/> and
/// 100 bytes; 0.5 MB with the defaults, 10 kB in a usual call.
/// </remarks>
public sealed record SrtpOptions
{
    /// <summary>Packets that may arrive out of order, a multiple of 64. Default 1024, from 64 to 32768 (RFC 3711 §3.3.2 asks for 64).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    /// <exception cref="ArgumentException">It is no multiple of 64.</exception>
    public int ReplayWindow { get; init => field = Core.ReplayWindow.RequireSize(value); } = 1024;

    /// <summary>
    /// SSRCs of RTP, and of RTCP, that state is kept for. Default 1024, from 1 to 65536. Beyond it an unprotector drops packets of
    /// new SSRCs: forgetting old ones instead would let their packets be replayed. Only packets that authenticate count.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxStreams { get; init => field = Require.InRange(value, 1, 65536); } = 1024;

    /// <summary>
    /// Whether header extensions and CSRCs are encrypted with the payload (Cryptex, RFC 9335): by a protector in every packet that has them,
    /// by an unprotector in those that are marked so; others are still taken. Default false; both sides must agree (a=cryptex).
    /// </summary>
    public bool Cryptex { get; init; }

    /// <summary>
    /// Identifiers, from 1 to 255, of header extension elements that are encrypted (RFC 6904). Default none; both sides must agree, and
    /// <see cref="Cryptex"/> must be off (RFC 9335 §4 lets one of the two be used).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An identifier is outside that range.</exception>
    public IReadOnlyCollection<int> EncryptedHeaderExtensions
    {
        get;
        init
        {
            foreach (int identifier in Require.NotNull(value)) Require.InRange(identifier, 1, 255);
            field = [.. value];
        }
    } = [];

    /// <summary>
    /// The master key identifier that each packet carries (RFC 3711 §3.1). Default none, as browsers do; at most 255 bytes (RFC 5764
    /// §4.1.1), which each packet grows by.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is longer.</exception>
    public ReadOnlyMemory<byte> Mki
    {
        get;
        init
        {
            Require.InRange(value.Length, 0, 255);
            field = value.ToArray();
        }
    }

    /// <summary>The options that a user gave, or the defaults.</summary>
    /// <exception cref="ArgumentException">They contradict each other.</exception>
    internal static SrtpOptions Check(SrtpOptions? options)
    {
        options ??= new SrtpOptions();
        if (options is { Cryptex: true, EncryptedHeaderExtensions.Count: > 0 })
            throw new ArgumentException("Cryptex encrypts all header extensions; leave EncryptedHeaderExtensions empty.", nameof(options));
        return options;
    }
}
