using System.Text;
using WebRtcStack.Stun;

namespace WebRtcStack;

/// <summary>What an ICE server must have (webrtc-pc §4.4.1.6, "validate an ICE server's URLs").</summary>
internal static class IceServerRules
{
    public static void Validate(IReadOnlyList<RTCIceServer> servers)
    {
        foreach (RTCIceServer server in servers)
        {
            if (server.Urls.Count == 0) throw DOMException.Syntax("An ICE server has no URL.");
            foreach (string url in server.Urls)
            {
                if (!StunUri.TryParse(url, out StunUri? uri, out string? error)) throw DOMException.Syntax($"\"{url}\" is no STUN or TURN URI: {error}");
                if (uri.IsTurn && !(IsText(server.Username) && IsText(server.Credential)))
                    throw DOMException.InvalidAccess($"\"{url}\" needs a Username and a Credential, each of 1 to 508 bytes of UTF-8 without control characters.");
            }
        }
    }

    // RFC 8489 §14.3: fewer than 509 bytes; RFC 8265 §4.2.2, OpaqueString: not empty, no control characters.
    private static bool IsText(string? text) => text is { Length: > 0 } && !text.Any(char.IsControl) && Encoding.UTF8.GetByteCount(text) < 509;
}
