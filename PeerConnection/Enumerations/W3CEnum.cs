namespace WebRtcStack;

/// <summary>The W3C strings of enumerations: one pair of conversions for all of them.</summary>
public static class W3CEnum
{
    private static readonly Dictionary<Type, string[]> s_names = new()
    {
        [typeof(RTCSignalingState)] = ["stable", "have-local-offer", "have-remote-offer", "have-local-pranswer", "have-remote-pranswer", "closed"],
        [typeof(RTCIceGatheringState)] = ["new", "gathering", "complete"],
        [typeof(RTCPeerConnectionState)] = ["closed", "failed", "disconnected", "new", "connecting", "connected"],
        [typeof(RTCIceConnectionState)] = ["closed", "failed", "disconnected", "new", "checking", "completed", "connected"],
        [typeof(RTCIceTransportPolicy)] = ["relay", "all", "public"],
        [typeof(RTCBundlePolicy)] = ["balanced", "max-compat", "max-bundle"],
        [typeof(RTCRtcpMuxPolicy)] = ["require", "negotiate"],
        [typeof(RTCRtpHeaderEncryptionPolicy)] = ["negotiate", "require"],
        [typeof(RTCSdpType)] = ["offer", "pranswer", "answer", "rollback"],
        [typeof(RTCIceProtocol)] = ["udp", "tcp"],
        [typeof(RTCIceServerTransportProtocol)] = ["udp", "tcp", "tls"],
        [typeof(RTCIceTcpCandidateType)] = ["active", "passive", "so"],
        [typeof(RTCIceCandidateType)] = ["host", "srflx", "prflx", "relay"],
        [typeof(RTCRtpTransceiverDirection)] = ["sendrecv", "sendonly", "recvonly", "inactive", "stopped"],
        [typeof(RTCDtlsTransportState)] = ["new", "connecting", "connected", "closed", "failed"],
        [typeof(RTCIceGathererState)] = ["new", "gathering", "complete"],
        [typeof(RTCIceTransportState)] = ["closed", "failed", "disconnected", "new", "checking", "completed", "connected"],
        [typeof(RTCIceRole)] = ["unknown", "controlling", "controlled"],
        [typeof(RTCIceComponent)] = ["rtp", "rtcp"],
        [typeof(RTCSctpTransportState)] = ["connecting", "connected", "closed"],
        [typeof(RTCDataChannelState)] = ["connecting", "open", "closing", "closed"],
        [typeof(RTCPriorityType)] = ["very-low", "low", "medium", "high"],
        [typeof(RTCDegradationPreference)] = ["maintain-framerate", "maintain-resolution", "balanced", "maintain-framerate-and-resolution"],
        [typeof(RTCErrorDetailType)] = ["data-channel-failure", "dtls-failure", "fingerprint-failure", "sctp-failure", "sdp-syntax-error", "hardware-encoder-not-available", "hardware-encoder-error"],
        [typeof(MediaStreamTrackState)] = ["live", "ended"],
        [typeof(MediaKind)] = ["audio", "video"],
        [typeof(RTCStatsType)] = ["codec", "inbound-rtp", "outbound-rtp", "remote-inbound-rtp", "remote-outbound-rtp", "media-source", "peer-connection", "data-channel", "transport", "candidate-pair", "local-candidate", "remote-candidate", "certificate"],
        [typeof(RTCStatsIceCandidatePairState)] = ["frozen", "waiting", "in-progress", "failed", "succeeded"],
        [typeof(RTCDtlsRole)] = ["client", "server", "unknown"],
    };

    /// <summary>The string that browsers use for the value.</summary>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is no enumeration of W3C, or <paramref name="value"/> is not one of its values.</exception>
    public static string ToW3CString<T>(this T value) where T : struct, Enum
    {
        string[] names = Names<T>();
        int index = Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture);
        return (uint)index < (uint)names.Length ? names[index] : throw new ArgumentException($"{value} is no {typeof(T).Name}.", nameof(value));
    }

    /// <summary>Reads the string that browsers use.</summary>
    public static bool TryParse<T>(string? text, out T value) where T : struct, Enum
    {
        int index = Array.IndexOf(Names<T>(), text);
        value = index < 0 ? default : (T)Enum.ToObject(typeof(T), index);
        return index >= 0;
    }

    /// <summary>Reads the string that browsers use.</summary>
    /// <exception cref="ArgumentException">There is no such value (a WebIDL TypeError).</exception>
    public static T Parse<T>(string? text) where T : struct, Enum =>
        TryParse(text, out T value) ? value : throw new ArgumentException($"\"{text}\" is no {typeof(T).Name}; it is one of {string.Join(", ", Names<T>())}.", nameof(text));

    private static string[] Names<T>() =>
        s_names.TryGetValue(typeof(T), out string[]? names) ? names : throw new ArgumentException($"{typeof(T).Name} is no enumeration of W3C.");
}
