namespace WebRtcStack.Sdp;

/// <summary>One string for each name and word that descriptions of WebRTC have in common, so that they do not hold hundreds of copies of "rtcp-fb".</summary>
internal static class SdpWord
{
    private static readonly string[] s_known =
    [
        "candidate", "end-of-candidates", "ice-ufrag", "ice-pwd", "ice-options", "ice-lite", "ice-mismatch", "remote-candidates",
        "fingerprint", "setup", "tls-id", "mid", "group", "msid", "msid-semantic", "ssrc", "ssrc-group", "rid", "simulcast",
        "rtpmap", "fmtp", "rtcp", "rtcp-mux", "rtcp-mux-only", "rtcp-rsize", "rtcp-fb", "rtcp-xr", "extmap", "extmap-allow-mixed",
        "sctp-port", "sctpmap", "sctp-init", "max-message-size", "imageattr", "bundle-only", "identity", "sendrecv", "sendonly",
        "recvonly", "inactive", "ptime", "maxptime", "framerate", "cryptex", "ice-pacing",
        "-", "0", "1", "2", "IN", "IP4", "IP6", "127.0.0.1", "0.0.0.0", "application", "audio", "video", "webrtc-datachannel", "BUNDLE 0",
        "UDP/DTLS/SCTP", "UDP/TLS/RTP/SAVPF", "actpass", "active", "passive", "trickle", "trickle ice2", "5000", "65536", "262144",
    ];

    // Few words have the same length, so that a line is compared with few.
    private static readonly string[][] s_byLength = [.. Enumerable.Range(0, s_known.Max(name => name.Length) + 1)
        .Select(length => s_known.Where(name => name.Length == length).ToArray())];

    public static string Intern(ReadOnlySpan<char> word)
    {
        foreach (string known in word.Length < s_byLength.Length ? s_byLength[word.Length] : [])
        {
            if (word.SequenceEqual(known.AsSpan())) return known;
        }
        return word.ToString();
    }
}
