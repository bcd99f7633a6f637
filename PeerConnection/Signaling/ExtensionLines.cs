using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>The header extensions that sections offer and answer (RFC 8285 §5, §6); in a bundle an id means the same everywhere (RFC 9143 §9.1).</summary>
internal static class ExtensionLines
{
    private const int MaxOneByteId = 14;

    private static readonly string[] s_supported =
    [
        RtpHeaderExtensionUri.Mid, RtpHeaderExtensionUri.AbsoluteSendTime, RtpHeaderExtensionUri.TransportWideCongestionControl,
        RtpHeaderExtensionUri.RtpStreamId, RtpHeaderExtensionUri.RepairedRtpStreamId,
    ];

    /// <summary>The lines of an offer: an id that the session has used stays with its extension.</summary>
    /// <param name="session">The peer's latest description, or null.</param>
    public static List<SdpExtmap> Offer(SdpDescription? session)
    {
        Dictionary<string, int> ids = [];
        foreach (SdpMedia section in session?.Media ?? [])
        {
            foreach (SdpExtmap line in SdpExtmap.ReadAll(section.Attributes)) ids[line.Uri] = line.Id;
        }
        List<SdpExtmap> offered = [];
        foreach (string uri in s_supported)
        {
            if (!ids.TryGetValue(uri, out int id)) id = Enumerable.Range(1, MaxOneByteId).FirstOrDefault(free => !ids.ContainsValue(free));
            if (id is 0 or > MaxOneByteId) continue;
            ids[uri] = id;
            offered.Add(new SdpExtmap(id, uri));
        }
        return offered;
    }

    /// <summary>The lines of an answer: those of the offer that we know, by its ids.</summary>
    public static List<SdpExtmap> Answer(SdpMedia offered) =>
        [.. SdpExtmap.ReadAll(offered.Attributes).Where(line => line.Id <= MaxOneByteId && s_supported.Contains(line.Uri)).Select(line => new SdpExtmap(line.Id, line.Uri))];
}

/// <summary>The ids of the header extensions that a session itself reads and writes; 0 where one was not negotiated.</summary>
internal sealed record SessionExtensions(byte Mid, byte Rid, byte RepairedRid, byte AbsoluteSendTime, byte TransportSequence)
{
    /// <summary>What the answer, which holds what both sides have, says.</summary>
    public static SessionExtensions Of(SdpMedia answer)
    {
        SdpExtmap[] lines = [.. SdpExtmap.ReadAll(answer.Attributes)];
        return new SessionExtensions(
            Id(RtpHeaderExtensionUri.Mid), Id(RtpHeaderExtensionUri.RtpStreamId), Id(RtpHeaderExtensionUri.RepairedRtpStreamId),
            Id(RtpHeaderExtensionUri.AbsoluteSendTime), Id(RtpHeaderExtensionUri.TransportWideCongestionControl));

        byte Id(string uri) => Array.Find(lines, line => line.Uri == uri) is { Id: <= 14 and var id } ? (byte)id : (byte)0;
    }

    public void ApplyTo(RtpSection section) =>
        (section.MidExtensionId, section.RidExtensionId, section.RepairedRidExtensionId, section.TransportSequenceExtensionId) = (Mid, Rid, RepairedRid, TransportSequence);

    public void ApplyTo(RtpSendStream stream) =>
        (stream.MidExtensionId, stream.RidExtensionId, stream.RepairedRidExtensionId, stream.AbsoluteSendTimeExtensionId, stream.TransportSequenceExtensionId) =
        (Mid, Rid, RepairedRid, AbsoluteSendTime, TransportSequence);
}
