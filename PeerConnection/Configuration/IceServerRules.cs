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
                if (uri.IsTurn && (server.Username is null || server.Credential is null))
                    throw DOMException.InvalidAccess($"\"{url}\" needs a Username and a Credential.");
            }
        }
    }
}
