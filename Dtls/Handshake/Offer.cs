namespace WebRtcStack.Dtls;

/// <summary>What the options leave to negotiate.</summary>
internal sealed class Offer
{
    /// <exception cref="ArgumentException">Nothing is left.</exception>
    public Offer(DtlsOptions options)
    {
        bool suites13 = false, suites12 = false;
        foreach (DtlsCipherSuite id in options.CipherSuites)
        {
            if (!CipherSuite.TryGet(id, out CipherSuite suite)) continue;
            suites13 |= suite.IsDtls13;
            suites12 |= !suite.IsDtls13;
        }
        Dtls13 = suites13 && options.Versions != DtlsVersionPolicy.Only12;
        Dtls12 = suites12 && options.Versions != DtlsVersionPolicy.Only13 && options.PostQuantum != DtlsPostQuantumPolicy.Require;
        if (!Dtls13 && !Dtls12)
            throw new ArgumentException("Versions, CipherSuites and PostQuantum leave nothing to negotiate.", nameof(options));
        Groups = options.PostQuantum switch
        {
            DtlsPostQuantumPolicy.Require => [DtlsNamedGroup.X25519MLKEM768],
            DtlsPostQuantumPolicy.Prefer when Dtls13 => [DtlsNamedGroup.X25519MLKEM768, .. options.Groups],
            _ => options.Groups,
        };
    }

    public bool Dtls13 { get; }

    public bool Dtls12 { get; }

    /// <summary>Groups of DTLS 1.3, most wanted first; those of DTLS 1.2 are <see cref="DtlsOptions.Groups"/>.</summary>
    public IReadOnlyList<DtlsNamedGroup> Groups { get; }

    /// <summary>
    /// The groups to send a share for at once: the most wanted one, and beside a hybrid one a classical one for a peer without it
    /// (RFC 8446 §4.2.8); browsers do the same.
    /// </summary>
    public IEnumerable<DtlsNamedGroup> FirstShares
    {
        get
        {
            yield return Groups[0];
            if (Groups[0] == DtlsNamedGroup.X25519MLKEM768 && Groups.Count > 1) yield return Groups[1];
        }
    }

    public bool Has(DtlsNamedGroup group)
    {
        foreach (DtlsNamedGroup ours in Groups)
        {
            if (ours == group) return true;
        }
        return false;
    }
}
