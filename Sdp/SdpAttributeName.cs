namespace WebRtcStack.Sdp;

/// <summary>One string for each name that WebRTC uses, so that a description does not hold hundreds of copies of "rtcp-fb".</summary>
internal static class SdpAttributeName
{
    private static readonly string[] s_known =
    [
        "candidate", "end-of-candidates", "ice-ufrag", "ice-pwd", "ice-options", "ice-lite", "ice-mismatch", "remote-candidates",
        "fingerprint", "setup", "tls-id", "mid", "group", "msid", "msid-semantic", "ssrc", "ssrc-group", "rid", "simulcast",
        "rtpmap", "fmtp", "rtcp", "rtcp-mux", "rtcp-mux-only", "rtcp-rsize", "rtcp-fb", "rtcp-xr", "extmap", "extmap-allow-mixed",
        "sctp-port", "sctpmap", "sctp-init", "max-message-size", "imageattr", "bundle-only", "identity", "sendrecv", "sendonly",
        "recvonly", "inactive", "ptime", "maxptime", "framerate", "cryptex", "ice-pacing",
    ];

    // Few names have the same length, so that a line is compared with few.
    private static readonly string[][] s_byLength = [.. Enumerable.Range(0, s_known.Max(name => name.Length) + 1)
        .Select(length => s_known.Where(name => name.Length == length).ToArray())];

    public static string Intern(ReadOnlySpan<char> name)
    {
        foreach (string known in name.Length < s_byLength.Length ? s_byLength[name.Length] : [])
        {
            if (name.SequenceEqual(known.AsSpan())) return known;
        }
        return name.ToString();
    }
}
