namespace WebRtcStack.Dtls;

/// <summary>What a server of DTLS 1.3 picks from a ClientHello.</summary>
internal static class ServerChoice
{
    /// <summary>The first suite of ours that the client has.</summary>
    public static bool TryChooseSuite(DtlsOptions options, in ClientHello hello, out CipherSuite suite)
    {
        for (int i = 0; i < options.CipherSuites.Count; i++)       // an enumerator would be on the heap, for every ClientHello of a flood
        {
            DtlsCipherSuite id = options.CipherSuites[i];
            if (CipherSuite.TryGet(id, out suite) && suite.IsDtls13 && Vectors.ContainsNumber(hello.CipherSuites, (ushort)id)) return true;
        }
        suite = default;
        return false;
    }

    /// <summary>The group. A share that is there saves a round trip, so it comes before a group that we want more.</summary>
    public static bool TryChooseGroup(Offer offer, in HelloExtensions extensions, out DtlsNamedGroup group, out ReadOnlySpan<byte> share)
    {
        DtlsNamedGroup supported = DtlsNamedGroup.None;
        for (int i = 0; i < offer.Groups.Count; i++)
        {
            DtlsNamedGroup candidate = offer.Groups[i];
            group = candidate;
            if (!Vectors.ContainsNumber(extensions.SupportedGroups, (ushort)candidate)) continue;
            if (HandshakeKeyShare.TryFind(extensions.KeyShare, candidate, out share)) return true;
            if (supported == DtlsNamedGroup.None) supported = candidate;
        }
        group = supported;
        share = default;
        return supported != DtlsNamedGroup.None;
    }
}
