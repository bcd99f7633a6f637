namespace WebRtcStack.Stun;

/// <summary>What a server says of itself in the first characters of its nonces, so that nobody in between can deny it (RFC 8489 §18.1).</summary>
[Flags]
public enum StunSecurityFeatures
{
    /// <summary>None, or a nonce without the cookie: a server as of RFC 5389.</summary>
    None = 0,

    /// <summary>The server's challenges carry PASSWORD-ALGORITHMS; one without it was tampered with. Bit 0, which is the leftmost of 24.</summary>
    PasswordAlgorithms = 1 << 23,

    /// <summary>USERHASH is to be sent in place of USERNAME. Bit 1.</summary>
    UsernameAnonymity = 1 << 22,
}
