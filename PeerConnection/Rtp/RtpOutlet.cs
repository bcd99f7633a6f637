using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>Where a sender's packets cross from the application's threads to the loop, and become one stream: tracks may change and tones go in between.</summary>
internal sealed class RtpOutlet(RtpSendStream stream, LoopRegistration registration, WebRtcOptions options)
{
    // What stands around a payload at most: RTP header and extensions (48), SRTP's tag (16), a retransmission's sequence number (2), to a multiple of 8.
    private const int Overhead = 72;
    private const int Window = 64;
    private const byte AudioLevelNumber = EndToEndExtensions.AudioLevel, OrientationNumber = EndToEndExtensions.Orientation;

    private static readonly TimeSpan s_toneInterval = TimeSpan.FromMilliseconds(20);       // as browsers' audio packets
    private Queue<Entry> _inbox = new(), _taken = new();                 // written by any thread under the gate; emptied by the loop
    private readonly object _gate = new();
    private bool _hasMail;
    private volatile IReadOnlyList<SdpCodec> _codecs = [];
    private ulong _payloadTypesLow, _payloadTypesHigh;                   // a bit for each, read from any thread
    private uint _timestampShift = options.Random.NextUInt32();                  // RFC 3550 §5.1: both start at random
    private ushort _sequenceShift, _highestSequence = (ushort)(options.Random.NextUInt32() & 0x7FFF);
    private ulong _sent = ulong.MaxValue;                                // a bit for each of the window's numbers, from the highest down
    private int _trackChanges = int.MinValue;
    private Instant _lastAt = Instant.Never;
    private uint _lastTimestamp;
    private TelephoneEventSender? _tones;
    private SdpCodec? _toneCodec, _forwardedFrom;
    private readonly Dictionary<byte, IRtpPacketizer> _packetizers = [];
    private ushort _frameSequence;
    private byte _forwardedAs;
    private Instant _soundsUntil = new(long.MinValue);
    private bool _closed;

    public RtpSendStream Stream => stream;

    /// <summary>What the frames that were written tell of themselves; of packets nothing is looked at.</summary>
    public MediaMeter Meter { get; } = new();

    /// <summary>The codecs that were negotiated; from any thread.</summary>
    public IReadOnlyList<SdpCodec> Codecs => _codecs;

    /// <summary>When a tone's next packet is due.</summary>
    public Instant NextTimeout => _tones?.NextTimeout ?? Instant.Never;

    /// <summary>Sets the codecs; packets of other payload types are not sent.</summary>
    public void SetCodecs(IReadOnlyList<SdpCodec> codecs)
    {
        ulong low = 0, high = 0;
        foreach (SdpCodec codec in codecs)
        {
            if (codec.PayloadType < 64) low |= 1UL << codec.PayloadType;
            else high |= 1UL << (codec.PayloadType & 63);
        }
        Volatile.Write(ref _payloadTypesLow, low);
        Volatile.Write(ref _payloadTypesHigh, high);
        lock (_gate) _packetizers.Clear();                              // a payload type may mean another codec now
        (_codecs, _forwardedFrom) = (codecs, null);
    }

    /// <summary>Whether packets of a payload type are sent; from any thread.</summary>
    public bool Sends(byte payloadType) =>
        ((payloadType < 64 ? Volatile.Read(ref _payloadTypesLow) : Volatile.Read(ref _payloadTypesHigh)) >> (payloadType & 63) & 1) != 0;

    /// <summary>From any thread; takes both leases. False when the packet was dropped.</summary>
    /// <param name="fields">Its fields.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="trackChanges">Which of the sender's tracks it is of: another one than before continues the stream.</param>
    /// <param name="elements">Its header extension elements, as <see cref="EndToEndExtensions"/> writes them.</param>
    public bool Post(in RtpPacketFields fields, MessageLease payload, int trackChanges, MessageLease elements = default)
    {
        bool taken = false;
        if (Sends(fields.PayloadType))
        {
            lock (_gate)
            {
                taken = !_closed && _inbox.Count < options.MaxQueuedRtpPackets;
                if (taken)
                {
                    _inbox.Enqueue(new Entry(fields, payload, elements, trackChanges));
                    Volatile.Write(ref _hasMail, true);
                }
            }
        }
        if (taken)
        {
            registration.Send();
            return true;
        }
        payload.Dispose();
        elements.Dispose();
        return false;
    }

    /// <summary>From any thread: the same for a packet of another connection, whose codec goes by a payload type of its own there.</summary>
    public bool Forward(SdpCodec codec, in RtpPacketFields fields, MessageLease payload, int trackChanges, MessageLease elements)
    {
        SdpCodec? ours = codec;
        if (!ReferenceEquals(codec, _forwardedFrom))
        {
            ours = _codecs.FirstOrDefault(candidate => MediaCapabilities.IsSame(candidate, codec));
            (_forwardedFrom, _forwardedAs) = (ours is null ? null : codec, ours?.PayloadType ?? 0);
        }
        if (ours is not null) return Post(fields with { PayloadType = _forwardedAs }, payload, trackChanges, elements);
        payload.Dispose();
        elements.Dispose();
        return false;
    }

    /// <summary>From any thread: cuts a frame into packets. False when it was dropped, as a whole.</summary>
    public bool Post(in OutgoingFrame frame, ReadOnlySpan<byte> data, int trackChanges, bool isAudio)
    {
        if (FindCodec(frame.Codec) is not { } codec) return false;
        int room = options.Mtu - Overhead;
        lock (_gate)
        {
            if (_closed || _inbox.Count + data.Length / room + 2 > options.MaxQueuedRtpPackets || Packetizer(codec) is not { } packetizer ||
                !packetizer.TryBegin(data, frame.Description, room)) return false;
            while (true)
            {
                MessageLease payload = MessageLease.Rent(room);
                int length = packetizer.Write(data, payload.Span, out bool marker);
                if (length == 0)
                {
                    payload.Dispose();
                    break;
                }
                RtpPacketFields fields = new(codec.PayloadType, _frameSequence++, frame.Timestamp, isAudio ? frame.StartsTalkSpurt : marker);
                // Frames are numbered apart from packets, so that going from one to the other is as another track.
                _inbox.Enqueue(new Entry(fields, payload.Truncate(length), Elements(frame.AudioLevel, frame.Orientation), ~trackChanges));
            }
            Volatile.Write(ref _hasMail, true);
        }
        registration.Send();
        Meter.Note(codec, frame.Timestamp, frame.AudioLevel, data);
        return true;
    }

    /// <summary>The header extension elements that an application may set, in pooled memory; none when it has not.</summary>
    public static MessageLease Elements(AudioLevel? level, VideoOrientation? orientation)
    {
        if (level is null && orientation is null) return default;
        Span<byte> elements = stackalloc byte[8], value = stackalloc byte[1];
        int length = 0;
        if (level is { } l && l.Write(value) == 1) length = RtpHeaderElements.Write(elements, AudioLevelNumber, value);
        if (orientation is { } o && o.Write(value) == 1) length += RtpHeaderElements.Write(elements[length..], OrientationNumber, value);
        return MessageLease.CopyOf(elements[..length]);
    }

    /// <summary>On the loop: plays a tone (RFC 4733) in place of audio.</summary>
    public void Play(byte tone, TimeSpan duration, Instant now)
    {
        if (ToneCodec() is not { } codec) return;
        if (_toneCodec != codec) (_toneCodec, _tones) = (codec, new TelephoneEventSender(codec.ClockRate, s_toneInterval));
        _tones!.Start(tone, duration, _lastAt.IsNever ? _timestampShift : TimestampAt(now), now);
        _soundsUntil = now + duration;
    }

    /// <summary>On the loop: hands what waits to the session.</summary>
    public void Drain(RtpSession session, Instant now)
    {
        if (Volatile.Read(ref _hasMail))                                 // asked for each datagram that the connection sends
        {
            lock (_gate)
            {
                (_inbox, _taken) = (_taken, _inbox);                     // whoever writes does not wait for the loop
                _hasMail = false;
            }
            while (_taken.Count > 0) Send(session, _taken.Dequeue(), now);
        }
        while (_tones is not null && _tones.TryTransmit(now, out TelephoneEventPacket packet))
        {
            MessageLease payload = MessageLease.Rent(TelephoneEvent.Length);
            packet.Report.Write(payload.Span);
            _sequenceShift++;                                            // what follows makes room
            MaySend((ushort)(_highestSequence + 1));
            Note(packet.Timestamp, now);
            session.Send(stream, new RtpHeader(_toneCodec!.PayloadType, _highestSequence, packet.Timestamp, 0, packet.Marker), payload);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            while (_inbox.Count > 0) _inbox.Dequeue().Dispose();
        }
    }

    private SdpCodec? FindCodec(string? name)
    {
        foreach (SdpCodec codec in _codecs)
        {
            if (name is null ? !CodecPreferences.IsHelper(codec.Name) : name.AsSpan(name.IndexOf('/') + 1).Equals(codec.Name.AsSpan(), StringComparison.OrdinalIgnoreCase))
                return codec;
        }
        return null;
    }

    private IRtpPacketizer? Packetizer(SdpCodec codec)
    {
        if (_packetizers.TryGetValue(codec.PayloadType, out IRtpPacketizer? known)) return known;
        int mode = codec.Parameters["packetization-mode"] == "1" ? 1 : 0;
        if (!RtpPayloadFormats.TryCreatePacketizer(codec.Name, out IRtpPacketizer? created, mode)) return null;
        _packetizers.Add(codec.PayloadType, created);
        return created;
    }

    private void Send(RtpSession session, in Entry entry, Instant now)
    {
        RtpPacketFields fields = entry.Fields;
        if (entry.TrackChanges != _trackChanges || IsRestart(fields.SequenceNumber)) Continue(fields, entry.TrackChanges, now);
        if (now < _soundsUntil)
        {
            _sequenceShift--;                                            // RFC 4733 §2.4: the tone takes the audio's place, without a gap
            entry.Dispose();
            return;
        }
        ushort sequence = (ushort)(fields.SequenceNumber + _sequenceShift);
        if (!MaySend(sequence))
        {
            entry.Dispose();
            return;
        }
        uint timestamp = fields.Timestamp + _timestampShift;
        Note(timestamp, now);
        session.Send(stream, new RtpHeader(fields.PayloadType, sequence, timestamp, 0, fields.Marker), entry.Payload, entry.Elements);
    }

    // The numbers of another track go on where those of the last one ended (webrtc-pc §5.2.2, replaceTrack: seamlessly). The first
    // sequence number is below 2^15: a receiver that misses the first wrap cannot authenticate (RFC 3711 §3.3.1).
    private void Continue(in RtpPacketFields first, int trackChanges, Instant now)
    {
        _trackChanges = trackChanges;
        _sequenceShift = (ushort)(_highestSequence + 1 - first.SequenceNumber);
        if (!_lastAt.IsNever) _timestampShift = TimestampAt(now) - first.Timestamp;
    }

    // A number goes out once: SRTP's keystream must not be used twice (RFC 3711 §9.1). The window lets an application write out of order.
    private bool MaySend(ushort sequence)
    {
        int ahead = SerialNumber.Distance(_highestSequence, sequence);
        if (ahead > 0)
        {
            _sent = ahead < Window ? _sent << ahead | 1 : 1;
            _highestSequence = sequence;
            return true;
        }
        ulong bit = 1UL << -ahead;
        if ((_sent & bit) != 0) return false;
        _sent |= bit;
        return true;
    }

    // Numbers that fall behind the window are those of a source that has started anew.
    private bool IsRestart(ushort sequence) => SerialNumber.Distance(_highestSequence, (ushort)(sequence + _sequenceShift)) <= -Window;

    private void Note(uint timestamp, Instant now)
    {
        if (!_lastAt.IsNever && (int)(timestamp - _lastTimestamp) <= 0) return;
        (_lastTimestamp, _lastAt) = (timestamp, now);
    }

    private uint TimestampAt(Instant now) => _lastTimestamp + Math.Max(1, (uint)((now - _lastAt).TotalSeconds * stream.ClockRate));

    // RFC 4733 §2.1: events have the clock rate of the audio that they stand in for; where that was not negotiated, any.
    private SdpCodec? ToneCodec()
    {
        SdpCodec? any = null;
        foreach (SdpCodec codec in _codecs)
        {
            if (!codec.Name.Equals(RTCDTMFSender.CodecName, StringComparison.OrdinalIgnoreCase)) continue;
            if (codec.ClockRate == stream.ClockRate) return codec;
            any ??= codec;
        }
        return any;
    }

    private readonly record struct Entry(RtpPacketFields Fields, MessageLease Payload, MessageLease Elements, int TrackChanges) : IDisposable
    {
        public void Dispose()
        {
            Payload.Dispose();
            Elements.Dispose();
        }
    }
}
