
namespace WebRtcStack.Rtp;

/// <summary>Assigns packets of bundled media sections to their section, in the order of RFC 9143 §9.2: mid, then source, then payload type.</summary>
public sealed class RtpDemultiplexer
{
    private readonly List<RtpSection> _sections = [];
    private readonly Dictionary<uint, RtpReceiveStream> _streams = [];
    private readonly int _maxStreams;
    private RtpReceiveStream? _last;                    // packets come in runs of one source

    internal RtpDemultiplexer(int maxStreams) => _maxStreams = maxStreams;

    /// <summary>The streams that are known.</summary>
    public IReadOnlyCollection<RtpReceiveStream> Streams => _streams.Values;

    internal void Add(RtpSection section) => _sections.Add(section);

    internal void Remove(RtpSection section)
    {
        _sections.Remove(section);
        List<uint> orphans = [];
        foreach (RtpReceiveStream stream in _streams.Values)
        {
            if (stream.Section == section) orphans.Add(stream.Ssrc);
        }
        foreach (uint ssrc in orphans) Remove(ssrc);
    }

    internal void Remove(uint ssrc)
    {
        _streams.Remove(ssrc);
        _last = null;
    }

    internal RtpReceiveStream? Find(uint ssrc)
    {
        if (_last?.Ssrc == ssrc) return _last;
        return _streams.TryGetValue(ssrc, out RtpReceiveStream? stream) ? stream : null;
    }

    /// <summary>Finds, or makes, the stream of a packet. Null when no section takes it, or there are too many streams.</summary>
    internal RtpReceiveStream? Assign(in RtpPacket packet, out bool isNew, out RtpDropReason reason)
    {
        isNew = false;
        reason = RtpDropReason.UnknownStream;
        RtpReceiveStream? stream = Find(packet.Ssrc);
        RtpSection? section = FindByMid(packet) ?? stream?.Section ?? FindBySource(packet.Ssrc) ?? FindByPayloadType(packet.PayloadType);
        if (section is null) return null;
        uint clockRate = section.GetClockRate(packet.PayloadType);
        if (clockRate == 0)
        {
            reason = RtpDropReason.UnknownPayloadType;
            return null;
        }
        if (stream is null)
        {
            if (_streams.Count >= _maxStreams)
            {
                reason = RtpDropReason.TooManyStreams;
                return null;
            }
            stream = new RtpReceiveStream(packet.Ssrc, section, packet.PayloadType, clockRate);
            _streams.Add(packet.Ssrc, stream);
            isNew = true;
        }
        stream.Section = section;                       // §9.2: a mid moves the source to its section
        stream.PayloadType = packet.PayloadType;
        _last = stream;
        return stream;
    }

    private RtpSection? FindByMid(in RtpPacket packet)
    {
        foreach (RtpSection section in _sections)
        {
            if (section.MidExtensionId != 0 && section.Mid is { } mid &&
                packet.TryGetExtension(section.MidExtensionId, out ReadOnlySpan<byte> value) && IsText(value, mid)) return section;
        }
        return null;
    }

    private RtpSection? FindBySource(uint ssrc)
    {
        foreach (RtpSection section in _sections)
        {
            foreach (uint known in section.Ssrcs)
            {
                if (known == ssrc) return section;
            }
        }
        return null;
    }

    // §9.2: by payload type only while just one section has it.
    private RtpSection? FindByPayloadType(byte payloadType)
    {
        RtpSection? found = null;
        foreach (RtpSection section in _sections)
        {
            if (section.GetClockRate(payloadType) == 0) continue;
            if (found is not null) return null;
            found = section;
        }
        return found;
    }

    private static bool IsText(ReadOnlySpan<byte> bytes, string text)
    {
        if (bytes.Length != text.Length) return false;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != text[i]) return false;
        }
        return true;
    }
}
