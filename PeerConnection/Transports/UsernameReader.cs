using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack;

/// <summary>Tells connections that share a port apart, by the first message that each peer sends.</summary>
internal static class UsernameReader
{
    /// <summary>RFC 8445 §7.2.2: a check's USERNAME is the receiver's fragment, a colon and the sender's.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> fragment)
    {
        fragment = default;
        if (!StunMessage.IsProbablyStun(datagram) || !StunMessage.TryParse(datagram, out StunMessage message) ||
            message.Class != StunClass.Request || message.Method != StunMethod.Binding ||
            !message.TryGet(StunAttributeType.Username, out StunAttribute username)) return false;
        int colon = username.Value.IndexOf((byte)':');
        if (colon <= 0) return false;
        fragment = username.Value[..colon];
        return true;
    }
}
