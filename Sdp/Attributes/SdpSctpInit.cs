namespace WebRtcStack.Sdp;

/// <summary>An <c>a=sctp-init</c> line (draft-hancke-tsvwg-snap §4): the INIT chunk of SCTP, so that both sides have it without a handshake.</summary>
/// <param name="Chunk">The chunk with its header. SDP does not look into it.</param>
public sealed record SdpSctpInit(ReadOnlyMemory<byte> Chunk)
{
    private const int MaxLength = 4096;                               // in characters; an INIT has some tens of bytes

    /// <summary>Reads the value of the attribute, which is base64 (RFC 8866 §9).</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpSctpInit? init)
    {
        init = null;
        if (value is not { Length: > 0 and <= MaxLength } || value.Length % 4 != 0) return false;
        byte[] chunk = new byte[value.Length / 4 * 3];
        if (!Convert.TryFromBase64String(value, chunk, out int length)) return false;
        init = new SdpSctpInit(chunk.AsMemory(0, length));
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => Convert.ToBase64String(Chunk.ToArray());

    /// <summary>Whether both carry the same chunk.</summary>
    public bool Equals(SdpSctpInit? other) => other is not null && Chunk.Span.SequenceEqual(other.Chunk.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Chunk.Length < 8 ? Chunk.Length : Chunk.Span[7] << 24 | Chunk.Span[6] << 16 | Chunk.Span[5] << 8 | Chunk.Span[4];
}
