using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>All that an ICE restart replaces in a stream: credentials, candidates, and the check list (RFC 8445 §9).</summary>
internal sealed class IceGeneration : IDisposable
{
    private readonly IceContext _context;
    private readonly IceCandidatePair?[] _selected = new IceCandidatePair?[2];

    public IceGeneration(IceContext context, IceStream stream, IceParameters? local)
    {
        _context = context;
        Stream = stream;
        Local = local ?? IceParameters.Generate(context.Random, context.Options.IsLite);
        LocalKey = StunKey.ShortTerm(Local.Password);
        LocalUsername = Encoding.UTF8.GetBytes(Local.UsernameFragment + ":");
        CheckList = new CheckList(this, context);
    }

    public IceStream Stream { get; }

    public IceParameters Local { get; }

    public StunKey LocalKey { get; }

    /// <summary>"local fragment:", which USERNAME of the peer's checks starts with (RFC 8445 §7.2.2).</summary>
    public byte[] LocalUsername { get; }

    public IceParameters? Remote { get; private set; }

    public StunKey? RemoteKey { get; private set; }

    /// <summary>"remote fragment:local fragment", USERNAME of our checks.</summary>
    public byte[] RemoteUsername { get; private set; } = [];

    /// <summary>When the PAC timer ends, which starts with the peer's parameters (RFC 8863 §4).</summary>
    public Instant PatientUntil { get; private set; } = Instant.Never;

    /// <summary>Whether the PAC timer runs: that all pairs have failed is not the end yet.</summary>
    public bool IsPatient { get; private set; }

    public List<(IceCandidate Candidate, LocalBase Base)> LocalCandidates { get; } = [];

    public List<IceCandidate> RemoteCandidates { get; } = [];

    public bool RemoteEnded { get; set; }

    public CheckList CheckList { get; }

    /// <summary>The pair that carries a component's data.</summary>
    public IceCandidatePair? GetSelected(IceComponent component) => _selected[(int)component - 1];

    public bool IsSelected(IceCandidatePair pair) => ReferenceEquals(GetSelected(pair.Component), pair);

    public void SetSelected(IceComponent component, IceCandidatePair? pair) => _selected[(int)component - 1] = pair;

    public void SetRemote(IceParameters parameters, Instant now)
    {
        Remote = parameters;
        RemoteKey = StunKey.ShortTerm(parameters.Password);
        RemoteUsername = Encoding.UTF8.GetBytes($"{parameters.UsernameFragment}:{Local.UsernameFragment}");
        PatientUntil = now + _context.Options.FailedTimeout;
        IsPatient = true;
        // Candidates that came before the parameters are of this generation only if they say so, or say nothing.
        RemoteCandidates.RemoveAll(c => !Accepts(c));
        foreach (IceCandidate candidate in RemoteCandidates) CheckList.AddRemote(candidate);
    }

    public void AdvanceTo(Instant now)
    {
        if (now >= PatientUntil) IsPatient = false;
    }

    /// <summary>Whether a remote candidate belongs to this generation.</summary>
    public bool Accepts(IceCandidate candidate) =>
        Remote is null || candidate.UsernameFragment is null || candidate.UsernameFragment == Remote.UsernameFragment;

    /// <summary>The local candidate whose address the peer saw; a new peer-reflexive one if there is none (RFC 8445 §7.2.5.3.1).</summary>
    public IceCandidate LocalCandidateAt(TransportAddress mapped, LocalBase localBase)
    {
        foreach ((IceCandidate candidate, LocalBase of) in LocalCandidates)
        {
            if (candidate.Address == mapped && ReferenceEquals(of, localBase)) return candidate;
        }
        IceCandidate reflexive = new()
        {
            Foundation = _context.Foundations.For(IceCandidateType.PeerReflexive, localBase.Address, localBase.Protocol, default),
            Component = localBase.Component,
            Protocol = localBase.Protocol,
            TcpType = localBase.TcpType,
            Priority = CandidatePriority.Compute(IceCandidateType.PeerReflexive, localBase),
            Address = mapped,
            Port = mapped.Port,
            Type = IceCandidateType.PeerReflexive,
            RelatedAddress = localBase.Address,
            UsernameFragment = Local.UsernameFragment,
        };
        int discovered = 0;
        foreach ((IceCandidate candidate, LocalBase _) in LocalCandidates) discovered += candidate.Type == IceCandidateType.PeerReflexive ? 1 : 0;
        if (HasRoomFor(discovered, LocalCandidates.Count)) LocalCandidates.Add((reflexive, localBase));
        else _context.Drop(IceDropReason.LimitReached);
        return reflexive;
    }

    /// <summary>Whether one more peer-reflexive candidate of the peer may be added.</summary>
    public bool HasRoomForDiscovered()
    {
        int discovered = 0;
        foreach (IceCandidate candidate in RemoteCandidates) discovered += candidate.Type == IceCandidateType.PeerReflexive ? 1 : 0;
        return HasRoomFor(discovered, RemoteCandidates.Count);
    }

    // Two NATs that give a port to every destination have agents discover ever more of each other; half of the room stays for
    // what is gathered and signalled, the relay that ends it among that.
    private bool HasRoomFor(int discovered, int all) => all < _context.Options.MaxCandidates && discovered < _context.Options.MaxCandidates / 2;

    /// <summary>The candidate that a base's pairs are formed with, or null when policy or a filter leaves it none.</summary>
    public IceCandidate? PairedCandidateOf(LocalBase localBase)
    {
        foreach ((IceCandidate candidate, LocalBase of) in LocalCandidates)
        {
            if (ReferenceEquals(of, localBase) && localBase.IsPairedBy(candidate)) return candidate;
        }
        return null;
    }

    /// <summary>The candidate that the pair of a peer's check is formed with: where peers connect to a TCP relayed address, the passive one.</summary>
    public IceCandidate? AcceptingCandidateOf(LocalBase localBase)
    {
        if (localBase.Connections is null) return PairedCandidateOf(localBase);
        foreach ((IceCandidate candidate, LocalBase of) in LocalCandidates)
        {
            if (ReferenceEquals(of, localBase) && candidate.TcpType == IceTcpType.Passive) return candidate;
        }
        return null;
    }

    /// <summary>Forgets a base: its candidates and pairs.</summary>
    public void Remove(LocalBase localBase)
    {
        LocalCandidates.RemoveAll(local => ReferenceEquals(local.Base, localBase));
        CheckList.Remove(localBase);
    }

    /// <summary>Whether the keys are gone.</summary>
    public bool IsDisposed { get; private set; }

    public void Dispose()
    {
        IsDisposed = true;
        CheckList.Clear();
        LocalKey.Dispose();
        RemoteKey?.Dispose();
    }
}
