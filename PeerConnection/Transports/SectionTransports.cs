using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Which media section goes over which transport, in force and under way (RFC 9143; RFC 9429 §4.1.1 for the policies).</summary>
internal sealed class SectionTransports(ConnectionContext context)
{
    private Dictionary<string, BundleTransport> _assigned = [], _offered = [];
    private Dictionary<string, BundleTransport>? _stable;

    /// <summary>The transport of the bundle that was negotiated; null while there is none.</summary>
    public BundleTransport? Bundle { get; private set; }

    public BundleTransport? Of(string? mid) => mid is not null && _assigned.TryGetValue(mid, out BundleTransport? transport) ? transport : null;

    /// <summary>What our offer has said, whatever provisional answers have made of it: each answer speaks of the offer (RFC 9143 §7.3.1).</summary>
    public BundleTransport? OfOffer(string mid) => _offered.TryGetValue(mid, out BundleTransport? transport) ? transport : null;

    public bool IsAssigned(BundleTransport transport) => _assigned.ContainsValue(transport);

    public void Assign(string mid, BundleTransport transport) => _assigned[mid] = transport;

    /// <summary>Remembers what is in force, for a rollback.</summary>
    public void Remember() => _stable ??= new Dictionary<string, BundleTransport>(_assigned);

    /// <summary>Our offer has assigned its sections; answers refer to that.</summary>
    public void Offered() => _offered = new Dictionary<string, BundleTransport>(_assigned);

    /// <summary>An answer has settled which sections there are; transports of none are closed (RFC 8829 §5.11).</summary>
    /// <param name="answer">The answer, whose sections are assigned already.</param>
    /// <param name="groups">Its bundles.</param>
    public void Settle(SdpDescription answer, IReadOnlyList<IReadOnlyList<string>> groups)
    {
        HashSet<string> used = [.. answer.Media.Where(section => section.Port != 0 && section.Mid is not null).Select(section => section.Mid!)];
        foreach (string mid in _assigned.Keys.Where(mid => !used.Contains(mid)).ToArray()) _assigned.Remove(mid);
        Bundle = groups.SelectMany(group => group).Select(Of).FirstOrDefault(transport => transport is not null);
        (_stable, _offered) = (null, []);
        CloseUnused();
    }

    /// <summary>What was in force is so again; transports that were made for what is taken back are closed, and candidates with them (RFC 8829 §4.1.10.2).</summary>
    public void RollBack()
    {
        if (_stable is null) return;
        (_assigned, _stable, _offered) = (_stable, null, []);
        CloseUnused();
        foreach (BundleTransport transport in context.Transports.All) context.Transports.RollBack(transport);
    }

    /// <summary>The transports of an offer's sections, by the bundle policy.</summary>
    public IReadOnlyList<OfferedTransport> PlanOffer(SdpDescription offer)
    {
        List<OfferedTransport> plan = [];
        Dictionary<string, BundleTransport> byKind = [];
        HashSet<BundleTransport> used = [];
        BundleTransport? first = null;
        int free = 0;
        foreach (SdpMedia section in offer.Media)
        {
            if (section.Port == 0 || section.Mid is not { } mid)
            {
                plan.Add(default);
                continue;
            }
            BundleTransport transport = Of(mid) ?? Bundle ?? Shared(section.Kind) ?? context.Transports.Free(free++);
            first ??= transport;
            byKind.TryAdd(section.Kind, transport);
            bool isFirst = used.Add(transport);
            // RFC 9429 §5.2.2: once bundled, none is marked any more.
            plan.Add(new OfferedTransport(transport, IsTagged: isFirst, IsBundleOnly: !isFirst && transport != Bundle));
        }
        return plan;

        BundleTransport? Shared(string kind) => context.Configuration.BundlePolicy switch
        {
            RTCBundlePolicy.MaxCompat => null,
            RTCBundlePolicy.MaxBundle => first,
            _ => byKind.TryGetValue(kind, out BundleTransport? sameKind) ? sameKind : null,
        };
    }

    /// <summary>The transports of the sections of an offer of the peer that are accepted, by index; null for the others.</summary>
    public BundleTransport?[] PlanAnswer(SdpDescription offer, IReadOnlyList<IReadOnlyList<string>> groups, Func<SdpMedia, bool> isAccepted)
    {
        BundleTransport?[] plan = new BundleTransport?[offer.Media.Count];
        HashSet<BundleTransport> taken = [];
        int free = 0;
        foreach (IReadOnlyList<string> group in groups)
        {
            BundleTransport? transport = group.Select(Before).FirstOrDefault(known => known is not null && !taken.Contains(known)) ?? (group.Count > 0 ? Provisional(group[0]) : null)
                ?? (Bundle is { } bundle && !taken.Contains(bundle) && Continues(offer, group, bundle) ? bundle : null);
            for (int i = 0; i < plan.Length; i++)
            {
                if (offer.Media[i].Mid is not { } mid || !group.Contains(mid) || !isAccepted(offer.Media[i])) continue;
                taken.Add(plan[i] = transport ??= context.Transports.Free(free++));
            }
        }
        for (int i = 0; i < plan.Length; i++)
        {
            if (plan[i] is not null || offer.Media[i].Mid is not { } mid || !isAccepted(offer.Media[i])) continue;
            // A section that was taken out of its bundle leaves the transport to those that stay (RFC 9143 §7.5.2).
            BundleTransport transport = (Before(mid) ?? Provisional(mid)) is { } known && !taken.Contains(known) ? known : context.Transports.Free(free++);
            taken.Add(plan[i] = transport);
        }
        return plan;
    }

    // What a section went over before the offer under way.
    private BundleTransport? Before(string mid) => (_stable ?? _assigned).TryGetValue(mid, out BundleTransport? transport) ? transport : null;

    // What a provisional answer has made for a bundle with this tag. With another tag the peer uses what it has offered there (RFC 9143 §7.3.1).
    private BundleTransport? Provisional(string tag) => Of(tag) is { } transport && transport.Mid == tag ? transport : null;

    // Sections that are new, while all that were in the bundle have gone, may still go over its transport: the peer's names say so.
    private static bool Continues(SdpDescription offer, IReadOnlyList<string> group, BundleTransport bundle)
    {
        if (group.Count == 0 || offer.FindMedia(group[0]) is not { } section) return false;
        SdpMedia carrier = RemoteSection.Carrier(offer, section);
        return (bundle.RemoteTlsId is { } tlsId && offer.Inherited(carrier, "tls-id") == tlsId) ||
            (bundle.Remote is { } remote && RemoteSection.IceParameters(offer, carrier) == remote);
    }

    private void CloseUnused()
    {
        foreach (BundleTransport transport in context.Transports.All.ToArray())
        {
            if (!transport.IsPooled && !IsAssigned(transport)) context.Transports.Remove(transport);
        }
    }
}

/// <summary>The transport of a section of ours.</summary>
/// <param name="Transport">The transport; null for a section that is not in use.</param>
/// <param name="IsTagged">Whether the section has the transport's address and candidates (RFC 9143 §7.1.2).</param>
/// <param name="IsBundleOnly">Whether it is of no use unless the peer bundles (RFC 9143 §6).</param>
internal readonly record struct OfferedTransport(BundleTransport? Transport, bool IsTagged, bool IsBundleOnly);
