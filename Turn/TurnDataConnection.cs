using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>The state of a <see cref="TurnDataConnection"/>.</summary>
public enum TurnDataConnectionState : byte
{
    /// <summary>The server was asked, or is to be.</summary>
    Binding,

    /// <summary>The stream is the peer's from here on.</summary>
    Bound,

    /// <summary>The server refused, or did not answer: close the stream.</summary>
    Failed,
}

/// <summary>
/// A client's second stream to its TURN server, over TCP or TLS as the first (RFC 6062 §4.3): ConnectionBind, and after its answer
/// the peer's bytes as they are.
/// </summary>
/// <remarks>It owns no socket or clock: made by <see cref="TurnAllocation.OpenData"/>, for a stream that its owner connects. Not thread-safe.</remarks>
public sealed class TurnDataConnection : IDisposable
{
    private readonly TurnCredentials _credentials;
    private readonly RandomSource _random;
    private readonly uint _id;
    private readonly TurnRequest _bind = new(StunMethod.ConnectionBind, default, 0);

    internal TurnDataConnection(TurnCredentials credentials, uint id, RandomSource random)
    {
        (_credentials, _id, _random) = (credentials, id, random);
        _bind.Start(StunTransactionId.Create(random), StunRetransmission.Reliable);
    }

    /// <summary>The state of the connection.</summary>
    public TurnDataConnectionState State { get; private set; }

    /// <summary>What the server said when it refused; <see cref="StunErrorCode.None"/> when it did not answer.</summary>
    public StunErrorCode ErrorCode { get; private set; }

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout => _bind.NextTimeout;

    /// <summary>Finds where the first message of the stream ends: one of TURN, and once it is bound whatever is there.</summary>
    /// <returns>False when the stream cannot be TURN: it has to be closed.</returns>
    public bool TryGetFrameLength(ReadOnlySpan<byte> stream, out int length)
    {
        if (State != TurnDataConnectionState.Bound) return ChannelData.TryGetFrameLength(stream, out length);
        length = stream.Length;
        return true;
    }

    /// <summary>Writes the request while it is owed. Call until it returns 0.</summary>
    public int Transmit(Span<byte> destination, Instant now)
    {
        if (!_bind.IsPending || !_bind.Transaction.IsOwed) return 0;
        StunMessageWriter writer = new(destination, StunClass.Request, StunMethod.ConnectionBind, _bind.Transaction.Id);
        writer.WriteUInt32(StunAttributeType.ConnectionId, _id);
        _credentials.Sign(ref writer);
        writer.WriteFingerprint();
        if (writer.Length > 0) _bind.Transaction.Sent(now);
        return writer.Length;
    }

    /// <summary>Takes a message of the server; only while <see cref="State"/> is <see cref="TurnDataConnectionState.Binding"/>.</summary>
    /// <returns>False when it was none that was awaited, and was ignored.</returns>
    public bool Receive(ReadOnlySpan<byte> message)
    {
        if (State != TurnDataConnectionState.Binding || !StunMessage.TryParse(message, out StunMessage response) ||
            (response.HasFingerprint && !response.VerifyFingerprint()) || response.Method != StunMethod.ConnectionBind ||
            response.Class is not (StunClass.SuccessResponse or StunClass.ErrorResponse) || !_bind.IsPending || response.TransactionId != _bind.Transaction.Id) return false;
        StunErrorCode error = response.Class == StunClass.ErrorResponse ? response.GetErrorCode() : StunErrorCode.None;
        bool isChallenge = error is StunErrorCode.Unauthenticated or StunErrorCode.StaleNonce;
        if (!_credentials.IsGenuine(response, isChallenge)) return false;
        if (isChallenge && _credentials.TryUpdate(response) && _bind.TryChallenge()) _bind.Start(StunTransactionId.Create(_random), StunRetransmission.Reliable);
        else if (response.Class == StunClass.SuccessResponse) End(TurnDataConnectionState.Bound, error);
        else End(TurnDataConnectionState.Failed, error);
        return true;
    }

    /// <summary>Gives up when the server does not answer.</summary>
    public void AdvanceTo(Instant now)
    {
        if (!_bind.IsPending) return;
        _bind.Transaction.AdvanceTo(now);
        if (_bind.Transaction.IsTimedOut) End(TurnDataConnectionState.Failed, StunErrorCode.None);
    }

    /// <summary>Clears the credentials; the stream is its owner's to close.</summary>
    public void Dispose() => _credentials.Dispose();

    private void End(TurnDataConnectionState state, StunErrorCode error)
    {
        (State, ErrorCode) = (state, error);
        _bind.Refused();
    }
}
