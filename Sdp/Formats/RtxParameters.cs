namespace WebRtcStack.Sdp;

/// <summary>The parameters of retransmission (RFC 4588 §8.1).</summary>
/// <param name="AssociatedPayloadType">The payload type that is repaired ("apt").</param>
/// <param name="Time">Milliseconds that the sender keeps packets for ("rtx-time"), or null.</param>
public sealed record RtxParameters(byte AssociatedPayloadType, int? Time = null)
{
    /// <summary>Reads parameters; null when the payload type is missing or malformed.</summary>
    public static RtxParameters? From(SdpFormatParameters parameters) =>
        Core.Require.NotNull(parameters).Number("apt", 0, 127) is { } type ? new RtxParameters((byte)type, parameters.Number("rtx-time")) : null;

    /// <summary>The parameters as a line has them.</summary>
    public SdpFormatParameters ToFormatParameters()
    {
        List<string> fields = [];
        fields.Add("apt", AssociatedPayloadType);
        fields.Add("rtx-time", Time);
        return fields.Join();
    }
}

/// <summary>The parameters of redundant audio (RFC 2198 §5): the encodings that a packet may hold.</summary>
/// <param name="PayloadTypes">The payload types, the primary one first.</param>
public sealed record RedParameters(IReadOnlyList<byte> PayloadTypes)
{
    /// <summary>Reads "111/111"; null when that is missing or malformed, as with RED for ULPFEC, which has no such line.</summary>
    public static RedParameters? From(SdpFormatParameters parameters)
    {
        List<byte> types = [];
        foreach (string type in Core.Require.NotNull(parameters).Text.Split('/'))
        {
            if (!SdpText.TryParseNumber(type.AsSpan().Trim(), 127, out int number)) return null;
            types.Add((byte)number);
        }
        return new RedParameters(types);
    }

    /// <summary>The parameters as a line has them.</summary>
    public SdpFormatParameters ToFormatParameters() => new(string.Join("/", PayloadTypes.Select(type => SdpText.Format(type))));

    /// <summary>Equality of the payload types and their order.</summary>
    public bool Equals(RedParameters? other) => other is not null && PayloadTypes.SequenceEqual(other.PayloadTypes);

    /// <inheritdoc/>
    public override int GetHashCode() => PayloadTypes.Count;
}
