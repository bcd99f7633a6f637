using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>
/// Assigns packets of bundled media sections to their section, in the order of RFC 9143 §9.2: mid, then source, then payload type;
/// and retransmissions to the streams that they repair, by rid (RFC 8852), by signalled pair (RFC 5576), or where there is but one (RFC 4588 §5.3).
/// </summary>
internal sealed class RtpDemultiplexer(RtpSessionOptions options)
{
    private readonly List<RtpSection> _sections = [];
    private readonly Dictionary<uint, RtpReceiveStream> _streams = [];
    private RtpReceiveStream? _last;                    // packets come in runs of one source
    private Instant _roomSoughtAt = new(long.MinValue);

    /// <summary>The streams that are known.</summary>
    public IReadOnlyCollection<RtpReceiveStream> Streams => _streams.Values;

    /// <summary>The streams, to walk without allocating.</summary>
    public Dictionary<uint, RtpReceiveStream>.ValueCollection All => _streams.Values;

    /// <summary>A stream that has just made room for another, or null.</summary>
    public RtpReceiveStream? Evicted { get; private set; }

    public void Add(RtpSection section) => _sections.Add(section);

    public void Remove(RtpSection section)
    {
        _sections.Remove(section);
        List<uint> orphans = [];
        foreach (RtpReceiveStream stream in _streams.Values)
        {
            if (stream.Section == section) orphans.Add(stream.Ssrc);
        }
        foreach (uint ssrc in orphans) Remove(ssrc);
    }

    public void Remove(uint ssrc)
    {
        if (!_streams.TryGetValue(ssrc, out RtpReceiveStream? gone)) return;
        _streams.Remove(ssrc);
        _last = null;
        foreach (RtpReceiveStream stream in _streams.Values)
        {
            if (stream.Repairs == gone) stream.Repairs = null;
        }
    }

    public RtpReceiveStream? Find(uint ssrc)
    {
        if (_last?.Ssrc == ssrc) return _last;
        return _streams.TryGetValue(ssrc, out RtpReceiveStream? stream) ? stream : null;
    }

    /// <summary>Finds, or makes, the stream of a packet. Null when no section takes it, or there are too many streams.</summary>
    public RtpReceiveStream? Assign(in RtpPacket packet, Instant now, out ReceivedElements elements, out bool isNew, out RtpDropReason reason)
    {
        (isNew, reason, Evicted) = (false, RtpDropReason.UnknownStream, null);
        RtpReceiveStream? stream = Find(packet.Ssrc);
        RtpSection? section = stream is null ? FindSection(packet, out elements) : Latched(stream, packet, out elements);
        if (section is null) return null;
        if (section.PayloadTypes[packet.PayloadType] is not { } type)
        {
            reason = RtpDropReason.UnknownPayloadType;
            return null;
        }
        if (stream is null)
        {
            if (_streams.Count >= options.MaxReceiveStreams && !TryMakeRoom(now))
            {
                reason = RtpDropReason.TooManyStreams;
                return null;
            }
            stream = new RtpReceiveStream(packet.Ssrc, section, type, options) { LastMidUpdate = packet.SequenceNumber };
            _streams.Add(packet.Ssrc, stream);
            isNew = true;
        }
        stream.Section = section;
        stream.PayloadType = packet.PayloadType;
        if (stream.Rid is null && !elements.Rid.IsEmpty) stream.Rid = ToText(elements.Rid);
        if (stream.RepairedRid is null && !elements.RepairedRid.IsEmpty) stream.RepairedRid = ToText(elements.RepairedRid);
        _last = stream;
        return stream;
    }

    /// <summary>The stream that a retransmission is for, or null.</summary>
    public RtpReceiveStream? FindRepaired(RtpReceiveStream repair, byte payloadType)
    {
        if (repair.Repairs is { } known) return known;
        RtpReceiveStream? found = repair.RepairedRid is { } rid ? FindByRid(repair.Section, rid) : FindPaired(repair) ?? FindOnly(repair, payloadType);
        if (found is null) return null;
        (repair.Repairs, found.RepairSsrc) = (found, repair.Ssrc);
        return found;
    }

    /// <summary>A source description says which section a source is of (RFC 9143 §9.2), or what its rid is (RFC 8852).</summary>
    public void Described(RtpReceiveStream stream, SourceDescriptionItem item, ReadOnlySpan<byte> text)
    {
        switch (item)
        {
            case SourceDescriptionItem.Cname when !IsText(text, stream.Cname):
                stream.Cname = Encoding.UTF8.GetString(text.ToArray());
                break;
            case SourceDescriptionItem.Mid when !IsText(text, stream.Section.Mid) && FindByMid(text) is { } section:
                stream.Section = section;
                break;
            case SourceDescriptionItem.RtpStreamId when stream.Rid is null:
                stream.Rid = ToText(text);
                break;
            case SourceDescriptionItem.RepairedRtpStreamId when stream.RepairedRid is null:
                stream.RepairedRid = ToText(text);
                break;
        }
    }

    // A source stays where it is, unless a newer packet says another mid; an unknown mid takes the packet nowhere.
    private RtpSection? Latched(RtpReceiveStream stream, in RtpPacket packet, out ReceivedElements elements)
    {
        elements = ReceivedElements.Read(packet, stream.Section);
        if (elements.Mid.IsEmpty || IsText(elements.Mid, stream.Section.Mid)) return stream.Section;
        RtpSection? moved = FindByMid(elements.Mid);
        if (moved is null || !SerialNumber.IsLess(stream.LastMidUpdate, packet.SequenceNumber)) return moved is null ? null : stream.Section;
        stream.LastMidUpdate = packet.SequenceNumber;
        return moved;
    }

    private RtpSection? FindSection(in RtpPacket packet, out ReceivedElements elements)
    {
        bool hasMid = false;
        foreach (RtpSection section in _sections)
        {
            elements = ReceivedElements.Read(packet, section);
            if (elements.Mid.IsEmpty) continue;
            if (IsText(elements.Mid, section.Mid)) return section;
            hasMid = true;
        }
        elements = default;
        if (hasMid) return null;                         // §9.2: of a section that we do not have
        RtpSection? found = FindBySource(packet.Ssrc) ?? FindByPayloadType(packet.PayloadType);
        if (found is not null) elements = ReceivedElements.Read(packet, found);
        return found;
    }

    private RtpSection? FindByMid(ReadOnlySpan<byte> mid)
    {
        foreach (RtpSection section in _sections)
        {
            if (IsText(mid, section.Mid)) return section;
        }
        return null;
    }

    private RtpSection? FindBySource(uint ssrc)
    {
        foreach (RtpSection section in _sections)
        {
            for (int i = 0; i < section.Ssrcs.Count; i++)
            {
                if (section.Ssrcs[i] == ssrc) return section;
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
            if (section.PayloadTypes[payloadType] is null) continue;
            if (found is not null) return null;
            found = section;
        }
        return found;
    }

    private RtpReceiveStream? FindByRid(RtpSection section, string rid)
    {
        foreach (RtpReceiveStream stream in _streams.Values)
        {
            if (stream.Section == section && stream.Rid == rid) return stream;
        }
        return null;
    }

    private RtpReceiveStream? FindPaired(RtpReceiveStream repair)
    {
        foreach (RtpSourcePair pair in repair.Section.Pairs)
        {
            if (pair.Repair == repair.Ssrc) return Find(pair.Source);
        }
        return null;
    }

    private RtpReceiveStream? FindOnly(RtpReceiveStream repair, byte payloadType)
    {
        RtpReceiveStream? found = null;
        foreach (RtpReceiveStream stream in _streams.Values)
        {
            if (stream.Section != repair.Section || stream.PayloadType != payloadType || stream.RepairSsrc is not null) continue;
            if (found is not null) return null;
            found = stream;
        }
        return found;
    }

    // A flood of sources must neither grow the table nor shut others out for good; the search is bounded to once a second.
    private bool TryMakeRoom(Instant now)
    {
        if (now < _roomSoughtAt) return false;
        RtpReceiveStream? idle = null;
        foreach (RtpReceiveStream stream in _streams.Values)
        {
            if (now - stream.Statistics.LastPacketAt < options.IdleTime) continue;
            if (idle is null || stream.Statistics.LastPacketAt < idle.Statistics.LastPacketAt) idle = stream;
        }
        if (idle is null)
        {
            _roomSoughtAt = now + TimeSpan.FromSeconds(1);
            return false;
        }
        Remove(idle.Ssrc);
        Evicted = idle;
        return true;
    }

    private static string ToText(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.ToArray());

    private static bool IsText(ReadOnlySpan<byte> bytes, string? text)
    {
        if (text is null || bytes.Length != text.Length) return false;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != text[i]) return false;
        }
        return true;
    }
}

/// <summary>The header extension elements that a session itself reads, as views into the packet.</summary>
internal ref struct ReceivedElements
{
    public ReadOnlySpan<byte> Mid, Rid, RepairedRid;
    public TransportSequenceNumber TransportSequence;
    public bool HasTransportSequence;

    public static ReceivedElements Read(in RtpPacket packet, RtpSection section)
    {
        ReceivedElements elements = default;
        RtpExtensionReader reader = packet.GetExtensions();
        while (reader.TryRead(out byte id, out ReadOnlySpan<byte> value))
        {
            if (id == section.MidExtensionId) elements.Mid = value;
            else if (id == section.TransportSequenceExtensionId) elements.HasTransportSequence = TransportSequenceNumber.TryRead(value, out elements.TransportSequence);
            else if (id == section.RidExtensionId) elements.Rid = value;
            else if (id == section.RepairedRidExtensionId) elements.RepairedRid = value;
        }
        return elements;
    }
}
