using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>What became of the check of a request's credentials.</summary>
internal enum GateResult : byte
{
    /// <summary>Its sender knows the password of its user.</summary>
    Authentic,

    /// <summary>It is refused with an error code.</summary>
    Refused,

    /// <summary>Its user is not known, or not by that password; the host may know.</summary>
    UnknownUser,
}

/// <summary>Lets requests through whose long-term credentials are good: the checks of RFC 8489 §9.2.4, in its order.</summary>
internal sealed class RequestGate(UserTable users, StunNonces nonces)
{
    /// <summary>Checks a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">Where it came from.</param>
    /// <param name="allocation">The allocation of that five-tuple: its user stays good for it (draft-uberti-behave-turn-rest §2.2).</param>
    /// <param name="now">The time.</param>
    /// <param name="vouched">A user that the host has just vouched for, or null.</param>
    /// <param name="user">Who sent the request, when it is authentic.</param>
    /// <param name="algorithm">How the key was made from the password.</param>
    /// <param name="sha256">Whether the reply is signed with SHA-256.</param>
    /// <param name="error">Why it is refused.</param>
    public GateResult Check(
        in StunMessage request, in NetworkPath client, ServerAllocation? allocation, Instant now, TurnUser? vouched,
        out TurnUser? user, out StunPasswordAlgorithm algorithm, out bool sha256, out StunErrorCode error)
    {
        user = null;
        (algorithm, sha256, error) = (StunPasswordAlgorithm.Md5, false, StunErrorCode.Unauthenticated);
        if (!request.HasIntegrity && !request.HasIntegritySha256) return GateResult.Refused;
        bool hasName = request.TryGet(StunAttributeType.Username, out StunAttribute name);
        bool hasHash = request.TryGet(StunAttributeType.UserHash, out StunAttribute hash);
        if ((!hasName && !hasHash) || !request.Has(StunAttributeType.Realm) || !request.TryGet(StunAttributeType.Nonce, out StunAttribute nonce) ||
            !TryGetAlgorithm(request, nonce.Value, out algorithm, out sha256))
        {
            error = StunErrorCode.BadRequest;
            return GateResult.Refused;
        }
        TurnUser? presented = Find(name, hash, hasName, allocation, vouched, now);
        if (presented is null) return GateResult.UnknownUser;
        if (!request.VerifyIntegrity(presented.KeyFor(algorithm)))
        {
            if (!presented.IsRemembered && presented.References == 0) presented.Dispose();
            // The password may be a new one, which the host knows and has not been asked about yet.
            return vouched is null && presented.IsTransient ? GateResult.UnknownUser : GateResult.Refused;
        }
        user = presented;
        if (!nonces.IsValid(nonce.Value, client, now))
        {
            error = StunErrorCode.StaleNonce;
            return GateResult.Refused;
        }
        error = StunErrorCode.None;
        return GateResult.Authentic;
    }

    private TurnUser? Find(
        in StunAttribute name, in StunAttribute hash, bool hasName, ServerAllocation? allocation, TurnUser? vouched, Instant now)
    {
        if (IsNamed(vouched, name, hash, hasName)) return vouched;
        if (IsNamed(allocation?.User, name, hash, hasName)) return allocation!.User;
        return hasName ? users.Find(name.Value, now) : users.FindByUserHash(hash.Value, now);
    }

    private static bool IsNamed([NotNullWhen(true)] TurnUser? user, in StunAttribute name, in StunAttribute hash, bool hasName) =>
        user is not null && (hasName ? name.Value.SequenceEqual(user.NameBytes) : hash.Value.SequenceEqual(user.UserHash));

    // All our nonces announce password algorithms. One that does not is not ours, or from before, and found stale later on.
    private static bool TryGetAlgorithm(in StunMessage request, ReadOnlySpan<byte> nonce, out StunPasswordAlgorithm algorithm, out bool sha256)
    {
        (algorithm, sha256) = (StunPasswordAlgorithm.Md5, false);
        bool hasList = request.TryGet(StunAttributeType.PasswordAlgorithms, out StunAttribute list);
        bool hasChoice = request.TryGet(StunAttributeType.PasswordAlgorithm, out StunAttribute choice);
        if (!hasList && !hasChoice) return true;
        if ((StunNonceCookie.Read(nonce) & StunSecurityFeatures.PasswordAlgorithms) == 0) return true;
        sha256 = true;
        return hasList && hasChoice && list.Value.SequenceEqual(StunPasswordAlgorithms.Sha256ThenMd5) &&
            StunPasswordAlgorithms.TryChoose(choice.Value, out algorithm);
    }
}
