using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Groups of sections whose tracks are of one stream, and so are played in step (RFC 8829 §5.2.1, RFC 5888 §7).</summary>
internal static class LipSyncGroups
{
    /// <summary>Adds the groups of an offer.</summary>
    /// <param name="offer">The offer, with its sections.</param>
    /// <param name="transceivers">The transceivers of its sections, by index.</param>
    public static void AddTo(SdpDescription offer, IReadOnlyList<RTCRtpTransceiver?> transceivers)
    {
        Dictionary<string, List<string>> byStream = [];
        for (int i = 0; i < offer.Media.Count; i++)
        {
            if (transceivers[i] is not { } transceiver || offer.Media[i].Mid is not { } mid || offer.Media[i].Direction is not { } direction || !direction.Sends()) continue;
            foreach (string stream in transceiver.Sender.StreamIds)
            {
                if (!byStream.TryGetValue(stream, out List<string>? mids)) byStream.Add(stream, mids = []);
                mids.Add(mid);
            }
        }
        foreach (List<string> mids in byStream.Values)
        {
            if (mids.Count > 1) offer.Attributes.Add("group", new SdpGroup(SdpGroup.LipSynchronisation, mids).ToString());
        }
    }

    /// <summary>Adds to an answer the groups that were offered, as far as their sections are accepted and we send in them (RFC 8829 §5.3.1).</summary>
    public static void AddTo(SdpDescription answer, SdpDescription offer)
    {
        foreach (IReadOnlyList<string> group in offer.GetGroups(SdpGroup.LipSynchronisation))
        {
            List<string> mids = [.. group.Where(mid => answer.FindMedia(mid) is { Port: not 0, Direction: { } direction } && direction.Sends())];
            if (mids.Count > 1) answer.Attributes.Add("group", new SdpGroup(SdpGroup.LipSynchronisation, mids).ToString());
        }
    }
}
