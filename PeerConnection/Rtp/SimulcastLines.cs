using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>The a=rid and a=simulcast lines of a section (RFC 8851, 8853; webrtc-pc §5.4.3): no restrictions, no alternatives but the first.</summary>
internal static class SimulcastLines
{
    /// <summary>The rids that the section's writer sends.</summary>
    public static IReadOnlyList<string> Sent(SdpMedia section) => Read(section, isSend: true);

    /// <summary>The rids that the section's writer is ready to receive.</summary>
    public static IReadOnlyList<string> Received(SdpMedia section) => Read(section, isSend: false);

    /// <summary>Adds the lines, if there is something to say.</summary>
    public static void Add(SdpMedia section, IReadOnlyList<string> sent, IReadOnlyList<string> received)
    {
        if (sent.Count == 0 && received.Count == 0) return;
        foreach (string rid in sent) section.Attributes.Add("rid", new SdpRid(rid, IsSend: true).ToString());
        foreach (string rid in received) section.Attributes.Add("rid", new SdpRid(rid, IsSend: false).ToString());
        SdpSimulcast simulcast = new() { Send = [.. sent.Select(Alone)], Receive = [.. received.Select(Alone)] };
        section.Attributes.Add("simulcast", simulcast.ToString());
    }

    private static IReadOnlyList<string> Alone(string rid) => [rid];

    // RFC 8853 §5.2: a rid that no a=rid line defines is not used.
    private static List<string> Read(SdpMedia section, bool isSend)
    {
        List<string> rids = [];
        if (!SdpSimulcast.TryParse(section.Attributes.First("simulcast"), out SdpSimulcast? simulcast)) return rids;
        HashSet<string> defined = [];
        foreach (string line in section.Attributes.All("rid"))
        {
            if (SdpRid.TryParse(line, out SdpRid? rid) && rid.IsSend == isSend) defined.Add(rid.Id);
        }
        foreach (IReadOnlyList<string> alternatives in isSend ? simulcast.Send : simulcast.Receive)
        {
            string rid = alternatives[0].TrimStart('~');
            if (defined.Contains(rid) && !rids.Contains(rid)) rids.Add(rid);
        }
        return rids;
    }
}
