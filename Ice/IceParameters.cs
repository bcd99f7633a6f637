namespace WebRtcStack.Ice;

/// <summary>The credentials of one side of a stream, and whether that side is a lite implementation (RFC 8839 §5.3 and §5.4).</summary>
/// <param name="UsernameFragment">ice-ufrag.</param>
/// <param name="Password">ice-pwd.</param>
/// <param name="IsLite">Whether ice-lite was given.</param>
public sealed record IceParameters(string UsernameFragment, string Password, bool IsLite = false)
{
    /// <summary>Whether fragment and password have the lengths and characters of RFC 8839 §5.4; '-', '_' and '=' are let through, as deployed implementations draw them.</summary>
    public bool IsValid => IceCredentials.IsIceString(UsernameFragment, 4) && IceCredentials.IsIceString(Password, 22);

    /// <summary>Draws fresh credentials: a fragment of 48 bits (at least 24 are required) and a password of 144 bits (at least 128).</summary>
    public static IceParameters Generate(Core.RandomSource random, bool isLite = false) => IceCredentials.Create(Core.Require.NotNull(random), isLite);

    /// <summary>The user name fragment and "***": a password is not for logs.</summary>
    public override string ToString() => $"{UsernameFragment}:***{(IsLite ? " (lite)" : "")}";
}
