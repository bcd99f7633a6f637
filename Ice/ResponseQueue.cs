using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>Responses to checks that are owed: remembered when the request comes, encoded when polled.</summary>
internal sealed class ResponseQueue(IceContext context)
{
    private const int UnknownTypes = 4;

    private Owed[] _ring = [];                               // grows as it is needed: most of the time it is empty
    private int _first;
    private int _count;
    private Instant _errorsSince = new(long.MinValue);
    private int _errors;

    private struct Owed
    {
        public LocalBase Base;
        public TransportAddress Remote;
        public StunTransactionId Id;
        public StunErrorCode Error;
        public ulong Unknown;                                // up to four types of 16 bits
        public IceGeneration? Generation;                    // null: the request was not authentic
        public IceCandidatePair? Pair;
    }

    /// <summary>Owes a success response.</summary>
    public void Success(LocalBase localBase, TransportAddress remote, StunTransactionId id, IceGeneration generation, IceCandidatePair pair) =>
        Add(new Owed { Base = localBase, Remote = remote, Id = id, Generation = generation, Pair = pair });

    /// <summary>Owes an error response to an authentic request.</summary>
    public void Error(
        LocalBase localBase, TransportAddress remote, StunTransactionId id, StunErrorCode error, IceGeneration generation,
        ReadOnlySpan<StunAttributeType> unknown)
    {
        Owed owed = new() { Base = localBase, Remote = remote, Id = id, Error = error, Generation = generation };
        for (int i = 0; i < Math.Min(unknown.Length, UnknownTypes); i++) owed.Unknown |= (ulong)unknown[i] << 16 * i;
        Add(owed);
    }

    /// <summary>Owes an error response to somebody who did not prove to be the peer; no more than a few per second.</summary>
    public void Unauthenticated(LocalBase localBase, TransportAddress remote, StunTransactionId id, StunErrorCode error, Instant now)
    {
        if (_errorsSince.Ticks == long.MinValue || now - _errorsSince >= TimeSpan.FromSeconds(1)) (_errorsSince, _errors) = (now, 0);
        if (_errors >= context.Options.MaxErrorResponsesPerSecond)
        {
            context.Drop(IceDropReason.ErrorRateLimit);
            return;
        }
        _errors++;
        Add(new Owed { Base = localBase, Remote = remote, Id = id, Error = error });
    }

    /// <summary>Writes the next response.</summary>
    public int Transmit(Span<byte> destination, out NetworkPath path)
    {
        path = default;
        while (_count > 0)
        {
            Owed owed = _ring[_first];
            _ring[_first] = default;
            _first = (_first + 1) % _ring.Length;
            _count--;
            if (owed.Generation is { IsDisposed: true }) continue;          // its key is gone, and the peer's request is stale
            if (Write(owed, destination, out path) is > 0 and int length) return length;
        }
        return 0;
    }

    private static int Write(in Owed owed, Span<byte> destination, out NetworkPath path)
    {
        bool success = owed.Error == StunErrorCode.None;
        StunMessageWriter writer = new(owed.Base.PayloadArea(destination, owed.Remote),
            success ? StunClass.SuccessResponse : StunClass.ErrorResponse, StunMethod.Binding, owed.Id);
        if (success) writer.WriteXorAddress(StunAttributeType.XorMappedAddress, owed.Remote);
        else WriteError(ref writer, owed);
        if (owed.Generation is not null) writer.WriteIntegrity(owed.Generation.LocalKey);
        writer.WriteFingerprint();
        if (owed.Pair is not null) owed.Pair.ResponsesSent++;
        return owed.Base.Complete(destination, writer.Length, owed.Remote, out path);
    }

    private static void WriteError(ref StunMessageWriter writer, in Owed owed)
    {
        writer.WriteErrorCode(owed.Error);
        if (owed.Error != StunErrorCode.UnknownAttribute) return;
        Span<StunAttributeType> unknown = stackalloc StunAttributeType[UnknownTypes];
        int count = 0;
        for (ulong rest = owed.Unknown; rest != 0; rest >>= 16) unknown[count++] = (StunAttributeType)(ushort)rest;
        writer.WriteUnknownAttributes(unknown[..count]);
    }

    private void Add(in Owed owed)
    {
        if (_count >= context.Options.MaxPendingResponses)
        {
            context.Drop(IceDropReason.ResponsesPending);
            return;
        }
        if (_count == _ring.Length) Grow();
        _ring[(_first + _count) % _ring.Length] = owed;
        _count++;
    }

    private void Grow()
    {
        Owed[] larger = new Owed[Math.Max(2, Math.Min(2 * _ring.Length, context.Options.MaxPendingResponses))];
        for (int i = 0; i < _count; i++) larger[i] = _ring[(_first + i) % _ring.Length];
        (_ring, _first) = (larger, 0);
    }
}
