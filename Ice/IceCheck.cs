using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>A connectivity check in flight (RFC 8445 §7.2). Used again for another one when it has ended, so that checks allocate nothing.</summary>
internal sealed class IceCheck
{
    private StunClientTransaction _transaction;

    public ref StunClientTransaction Transaction => ref _transaction;

    /// <summary>The role it was sent with: an answering 487 concerns that one (§7.2.5.1).</summary>
    public IceRole Role { get; private set; }

    public bool UseCandidate { get; private set; }

    public void Start(StunClientTransaction transaction, IceRole role, bool useCandidate) =>
        (_transaction, Role, UseCandidate) = (transaction, role, useCandidate);
}
