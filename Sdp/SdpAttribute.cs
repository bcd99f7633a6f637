namespace WebRtcStack.Sdp;

/// <summary>One <c>a=</c> line (RFC 8866 §5.13), kept verbatim: <c>a=name</c> or <c>a=name:value</c>.</summary>
/// <param name="Name">The attribute's name; case-sensitive.</param>
/// <param name="Value">What follows the colon; null for a property attribute, which has no colon.</param>
public readonly record struct SdpAttribute(string Name, string? Value = null)
{
    /// <summary>The line without "a=".</summary>
    public override string ToString() => Value is null ? Name : Name + ":" + Value;
}
