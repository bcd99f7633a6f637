using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>A connectivity check in flight (RFC 8445 §7.2).</summary>
internal sealed class IceCheck(StunClientTransaction transaction, IceRole role, bool useCandidate)
{
    private StunClientTransaction _transaction = transaction;

    public ref StunClientTransaction Transaction => ref _transaction;

    /// <summary>The role it was sent with: an answering 487 concerns that one (§7.2.5.1).</summary>
    public IceRole Role { get; } = role;

    public bool UseCandidate { get; } = useCandidate;
}
