namespace WebRtcStack.Sdp;

/// <summary>The direction attributes (RFC 8866 §6.7), seen from the side that wrote them.</summary>
[Flags]
public enum SdpDirection
{
    /// <summary>a=inactive</summary>
    Inactive = 0,

    /// <summary>a=sendonly</summary>
    SendOnly = 1,

    /// <summary>a=recvonly</summary>
    RecvOnly = 2,

    /// <summary>a=sendrecv</summary>
    SendRecv = SendOnly | RecvOnly,
}

/// <summary>The names of directions, and what the other side makes of them (RFC 3264 §6.1).</summary>
public static class SdpDirectionNames
{
    /// <summary>The attribute's name.</summary>
    public static string ToSdp(this SdpDirection direction) => direction switch
    {
        SdpDirection.SendRecv => "sendrecv",
        SdpDirection.SendOnly => "sendonly",
        SdpDirection.RecvOnly => "recvonly",
        _ => "inactive",
    };

    /// <summary>Reads an attribute's name.</summary>
    public static bool TryParse(string? name, out SdpDirection direction)
    {
        direction = name switch
        {
            "sendrecv" => SdpDirection.SendRecv,
            "sendonly" => SdpDirection.SendOnly,
            "recvonly" => SdpDirection.RecvOnly,
            _ => SdpDirection.Inactive,
        };
        return direction != SdpDirection.Inactive || name == "inactive";
    }

    /// <summary>The same direction seen from the other side: sendonly becomes recvonly.</summary>
    public static SdpDirection Reverse(this SdpDirection direction) =>
        (direction.HasFlag(SdpDirection.SendOnly) ? SdpDirection.RecvOnly : 0) |
        (direction.HasFlag(SdpDirection.RecvOnly) ? SdpDirection.SendOnly : 0);

    /// <summary>Whether the side that wrote it sends.</summary>
    public static bool Sends(this SdpDirection direction) => direction.HasFlag(SdpDirection.SendOnly);

    /// <summary>Whether the side that wrote it receives.</summary>
    public static bool Receives(this SdpDirection direction) => direction.HasFlag(SdpDirection.RecvOnly);
}
