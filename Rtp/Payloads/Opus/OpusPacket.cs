using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What an Opus packet's first bytes tell (RFC 6716 §3.1, §3.2): duration, frames, bandwidth, in-band error correction.</summary>
public readonly record struct OpusPacket
{
    /// <summary>The RTP clock of Opus, whatever its bandwidth (RFC 7587 §4.1).</summary>
    public const int ClockRate = 48000;

    /// <summary>The longest packet: 120 ms (RFC 6716 §3.4 R5).</summary>
    public const int MaxSamples = 5760;

    private const int FirstHybrid = 12;
    private const int FirstCelt = 16;

    /// <summary>The configuration of table 2, 0 to 31.</summary>
    public int Configuration { get; private init; }

    /// <summary>Whether it is stereo.</summary>
    public bool IsStereo { get; private init; }

    /// <summary>How many frames it holds, 1 to 48.</summary>
    public int Frames { get; private init; }

    /// <summary>Samples of one frame at 48 kHz.</summary>
    public int SamplesPerFrame { get; private init; }

    /// <summary>Samples of the packet at 48 kHz, which is its RTP duration.</summary>
    public int Samples => Frames * SamplesPerFrame;

    /// <summary>Whether it stands for silence in discontinuous transmission: no frame has more than a byte (RFC 7587 §3.1.3).</summary>
    public bool IsDtx { get; private init; }

    /// <summary>Whether it repeats the packet before it at low bitrate (LBRR, RFC 6716 §2.1.7): that packet, if lost, can be decoded from this one.</summary>
    public bool HasFec { get; private init; }

    /// <summary>Reads a packet. False when it is empty or breaks a rule of §3.4.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out OpusPacket parsed)
    {
        parsed = default;
        if (packet.IsEmpty) return false;
        int configuration = packet[0] >> 3, samples = SamplesOf(configuration);
        int frames, header;
        switch (packet[0] & 3)                                           // §3.2: code c
        {
            case 0:
                (frames, header) = (1, 1);
                break;
            case 1:
                if ((packet.Length & 1) == 0) return false;              // R3: two frames of equal size
                (frames, header) = (2, 1);
                break;
            case 2:
                if (packet.Length < 2) return false;                     // R4
                (frames, header) = (2, packet[1] >= 252 ? 3 : 2);
                break;
            default:
                if (packet.Length < 2) return false;                     // R6
                (frames, header) = (packet[1] & 0x3F, 2);
                break;
        }
        if (frames == 0 || frames * samples > MaxSamples || packet.Length < header) return false;    // R5
        parsed = new OpusPacket
        {
            Configuration = configuration,
            IsStereo = (packet[0] & 4) != 0,
            Frames = frames,
            SamplesPerFrame = samples,
            IsDtx = packet.Length <= 2,
            HasFec = (packet[0] & 3) == 0 && HasLowBitrateCopy(packet, configuration, samples),
        };
        return true;
    }

    // §3.1, table 2: SILK has 10 to 60 ms, hybrid 10 and 20 ms, CELT 2.5 to 20 ms.
    private static int SamplesOf(int configuration) => configuration switch
    {
        < FirstHybrid => (configuration & 3) switch { 0 => 480, 1 => 960, 2 => 1920, _ => 2880 },
        < FirstCelt => (configuration & 1) == 0 ? 480 : 960,
        _ => 120 << (configuration & 3),
    };

    // §4.2.3: a SILK frame starts with a voice flag for each 20 ms and an LBRR flag, first those of mid, then those of side.
    private static bool HasLowBitrateCopy(ReadOnlySpan<byte> packet, int configuration, int samples)
    {
        if (configuration >= FirstCelt || packet.Length < 2) return false;
        int flags = Math.Max(1, samples / 960);
        return (packet[1] >> (7 - flags) & 1) != 0 || ((packet[0] & 4) != 0 && (packet[1] >> (6 - 2 * flags) & 1) != 0);
    }
}

/// <summary>Opus in RTP (RFC 7587): a packet is a payload.</summary>
public sealed class OpusDepacketizer : IRtpDepacketizer
{
    private OpusDepacketizer()
    {
    }

    /// <summary>The one instance.</summary>
    public static OpusDepacketizer Instance { get; } = new();

    /// <inheritdoc/>
    public bool TryInspect(ReadOnlySpan<byte> payload, out RtpPayloadInfo info)
    {
        bool parsed = OpusPacket.TryParse(payload, out OpusPacket packet);
        info = new RtpPayloadInfo { Start = FrameStart.Certain, IsWholeFrame = true, IsKeyFrame = true, Duration = packet.Samples };
        return parsed;
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> payload, FrameBuffer frame, bool follows) => Require.NotNull(frame).Append(payload);

    /// <inheritdoc/>
    public void Complete(FrameBuffer frame)
    {
    }
}
