using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Takes the redundant audio of one stream apart (RFC 2198): each payload once, whether its own packet brings it or a later one.</summary>
/// <remarks>
/// A block belongs to the packet so many numbers back as blocks follow it, as senders repeat packets without leaving one out. What came
/// before is known for 64 packets; what is older than the first packet, or than those, is left out. Nothing is allocated.
/// </remarks>
public sealed class RedReceiver
{
    private const int Window = 64;
    private ulong _seen;                                                  // a bit for each number, from the highest down
    private ushort _highest, _strayNext;
    private bool _any, _hasStray;

    /// <summary>Payloads that a later packet has brought.</summary>
    public ulong Recovered { get; private set; }

    /// <summary>Takes note of a packet. False when its payload has come before, or is too old to tell.</summary>
    public bool TryTake(ushort sequence)
    {
        int ahead = _any ? SerialNumber.Distance(_highest, sequence) : 0;
        bool restarts = ahead <= -Window && _hasStray && sequence == _strayNext;       // RFC 3550 A.1: two in a row start anew
        (_hasStray, _strayNext) = (ahead <= -Window, (ushort)(sequence + 1));
        if (!_any || ahead > 0 || restarts)
        {
            _seen = _any && ahead is > 0 and < Window ? _seen << ahead | 1 : 1;
            (_any, _highest) = (true, sequence);
            return true;
        }
        if (ahead <= -Window || (_seen >> -ahead & 1) != 0) return false;
        _seen |= 1UL << -ahead;
        return true;
    }

    /// <summary>Reads the next payload of a packet that has not come before, the oldest first. Call until it is false.</summary>
    /// <param name="header">The packet's header, whose payload type is that of RED.</param>
    /// <param name="reader">The packet's blocks.</param>
    /// <param name="own">The header that the payload would have by itself.</param>
    /// <param name="block">The payload, a view into the packet.</param>
    public bool TryRead(in RtpHeader header, ref RedReader reader, out RtpHeader own, out RedBlock block)
    {
        own = default;
        while (reader.TryRead(out block))
        {
            own = header with
            {
                PayloadType = block.PayloadType,
                SequenceNumber = (ushort)(header.SequenceNumber - reader.Count),
                Timestamp = header.Timestamp - block.TimestampOffset,
                Marker = header.Marker && block.IsPrimary,
            };
            bool isOld = !block.IsPrimary && (!_any || block.Payload.IsEmpty || SerialNumber.Distance(_highest, own.SequenceNumber) <= -Window);
            if (isOld || !TryTake(own.SequenceNumber)) continue;
            if (!block.IsPrimary) Recovered++;
            return true;
        }
        return false;
    }
}
