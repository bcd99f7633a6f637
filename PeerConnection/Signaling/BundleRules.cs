using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>What becomes of the bundles of an offer in our answer (RFC 9143 §7.3, RFC 9429 §5.3.1).</summary>
internal sealed class BundleRules(SdpDescription offer, RTCBundlePolicy policy)
{
    private readonly List<IReadOnlyList<string>> _offered = [.. offer.GetGroups(SdpGroup.Bundle)];

    /// <summary>Whether the policy refuses a section that is not bundled as it asks for.</summary>
    public bool IsRefused(SdpMedia section) => policy switch
    {
        RTCBundlePolicy.MaxBundle => !IsWith(offer.Media.FirstOrDefault(RemoteSection.IsInUse), section),
        RTCBundlePolicy.Balanced => !IsWith(offer.Media.FirstOrDefault(each => each.Kind == section.Kind && RemoteSection.IsInUse(each)), section),
        _ => false,
    };

    /// <summary>The bundles of the answer, each with its tagged section first.</summary>
    /// <remarks>
    /// Deviation, RFC 9143 §7.3.3: where the tagged section of a later offer is refused, the tag passes on to the next section, as it
    /// does in a first one, and not all sections are refused with it.
    /// </remarks>
    /// <param name="isAccepted">Whether a section is accepted.</param>
    public IReadOnlyList<IReadOnlyList<string>> Groups(Func<SdpMedia, bool> isAccepted)
    {
        List<IReadOnlyList<string>> groups = [];
        foreach (IReadOnlyList<string> offered in _offered)
        {
            List<SdpMedia> kept = [];
            foreach (string mid in offered)
            {
                if (offer.FindMedia(mid) is { } section && isAccepted(section)) kept.Add(section);
            }
            SdpMedia? tagged = kept.Find(section => section.Port != 0);                     // §7.3.1: not one without an address
            if (tagged is null) continue;
            kept.Remove(tagged);
            groups.Add([tagged.Mid!, .. kept.Select(section => section.Mid!)]);
        }
        return groups;
    }

    /// <summary>Sections that have no address of their own and no bundle to share one: they are refused (§6).</summary>
    public IEnumerable<SdpMedia> WithoutTransport(IReadOnlyList<IReadOnlyList<string>> groups) =>
        offer.Media.Where(section => RemoteSection.IsBundleOnly(section) && !groups.Any(group => group.Contains(section.Mid ?? "")));

    private bool IsWith(SdpMedia? first, SdpMedia section) => section == first || first is null ||
        _offered.Exists(group => group.Contains(first.Mid ?? "") && group.Contains(section.Mid ?? ""));
}
