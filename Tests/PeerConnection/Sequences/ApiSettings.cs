namespace WebRtcStack.Tests.PeerConnection.Sequences;

/// <summary>Calls that change how a connection negotiates: codecs, servers, encodings, provisional answers, sections that the peer rejects.</summary>
internal static class ApiSettings
{
    public static string Apply(PeerApplication application, int which)
    {
        RTCPeerConnection connection = application.Connection;
        switch (which)
        {
            case 0:
                application.Try(() => PreferCodecs(connection, codecs => [.. codecs.Reverse()]));
                return "setCodecPreferences, the last first";
            case 1:
                application.Try(() => PreferCodecs(connection, codecs => [codecs[0]]));
                return "setCodecPreferences, one only";
            case 2:
                application.Try(() => PreferCodecs(connection, _ => []));
                return "setCodecPreferences, none";
            case 3:
                application.Try(() => connection.SetConfiguration(connection.GetConfiguration() with { IceServers = [new RTCIceServer { Urls = ["stun:203.0.113.9"] }] }));
                return "setConfiguration of a server";
            case 4:
                application.Try(() => connection.SetConfiguration(connection.GetConfiguration() with { IceServers = [] }));
                return "setConfiguration of no server";
            case 5:
                application.AnswersProvisionally = true;
                return "answers provisionally";
            default:
                application.RejectsSection = which - 5;
                return $"rejects section {which - 5}";
        }
    }

    private static void PreferCodecs(RTCPeerConnection connection, Func<IReadOnlyList<RTCRtpCodec>, IReadOnlyList<RTCRtpCodec>> choose)
    {
        if (connection.GetTransceivers() is [.., { } transceiver])
            transceiver.SetCodecPreferences(choose(RTCRtpReceiver.GetCapabilities(transceiver.Receiver.Track.Kind)!.Codecs));
    }
}
