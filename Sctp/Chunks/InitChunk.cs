using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What a peer said of itself in INIT or INIT ACK (RFC 9260 §3.3.2, §3.3.3).</summary>
internal readonly record struct PeerParameters
{
    public uint Tag { get; init; }

    public uint ReceiveWindow { get; init; }

    public ushort OutboundStreams { get; init; }

    public ushort InboundStreams { get; init; }

    public uint InitialTsn { get; init; }

    public bool ForwardTsn { get; init; }

    public bool Reconfig { get; init; }

    /// <summary>The peer knows I-DATA (RFC 8260 §2.2.1).</summary>
    public bool Interleaving { get; init; }

    public bool InterleavedForwardTsn { get; init; }

    /// <summary>The peer takes packets without checksum, DTLS standing in for it (RFC 9653 §4).</summary>
    public bool ZeroChecksum { get; init; }
}

/// <summary>INIT and INIT ACK, which share their form.</summary>
internal readonly ref struct InitChunk
{
    private const int MinimumWindow = 1500;                           // §3.3.2: the least a_rwnd
    private const uint DtlsErrorDetection = 1;                        // RFC 9653 §4, the method "SCTP over DTLS"

    public PeerParameters Peer { get; private init; }

    /// <summary>The state cookie of an INIT ACK; empty when there is none.</summary>
    public ReadOnlySpan<byte> Cookie { get; private init; }

    /// <summary>The peer's Host Name Address parameter, which makes an association impossible (§3.3.2.1.4); empty when there is none.</summary>
    public ReadOnlySpan<byte> HostName { get; private init; }

    /// <summary>By how much longer the sender of INIT would like its cookie to live, in ms (§3.3.2.1.3).</summary>
    public uint CookieLifeIncrement { get; private init; }

    /// <summary>Whether it says what an association needs: streams both ways, and a window of 1500 bytes (§3.3.2).</summary>
    public bool IsAcceptable => Peer is { OutboundStreams: > 0, InboundStreams: > 0, ReceiveWindow: >= MinimumWindow };

    /// <summary>The parameters behind the fixed fields.</summary>
    public ReadOnlySpan<byte> Parameters { get; private init; }

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +---------------+---------------+-------------------------------+
    // |   Type = 1/2  |  Chunk Flags  |         Chunk Length          |
    // +---------------+---------------+-------------------------------+
    // |                         Initiate Tag                          |
    // +---------------------------------------------------------------+
    // |           Advertised Receiver Window Credit (a_rwnd)          |
    // +-------------------------------+-------------------------------+
    // |  Number of Outbound Streams   |   Number of Inbound Streams   |
    // +-------------------------------+-------------------------------+
    // |                          Initial TSN                          |
    // +---------------------------------------------------------------+
    // |              Optional/Variable-Length Parameters              |

    public static bool TryParse(scoped in Chunk chunk, out InitChunk init)
    {
        init = default;
        WireReader reader = new(chunk.Value);
        if (!reader.TryReadUInt32(out uint tag) ||
            !reader.TryReadUInt32(out uint window) ||
            !reader.TryReadUInt16(out ushort outbound) ||
            !reader.TryReadUInt16(out ushort inbound) ||
            !reader.TryReadUInt32(out uint tsn)) return false;
        ReadOnlySpan<byte> parameters = reader.Rest, cookie = default, hostName = default;
        uint increment = 0;
        bool forwardTsn = false, reconfig = false, zeroChecksum = false, interleaving = false, interleavedForwardTsn = false;
        while (Parameter.TryRead(ref reader, out Parameter parameter))
        {
            switch ((ParameterType)parameter.Type)
            {
                case ParameterType.StateCookie:
                    cookie = parameter.Value;
                    break;
                case ParameterType.CookiePreservative:
                    WireReader preservative = new(parameter.Value);
                    preservative.TryReadUInt32(out increment);
                    break;
                case ParameterType.HostNameAddress:
                    hostName = parameter.Bytes;
                    break;
                case ParameterType.ForwardTsnSupported:
                    forwardTsn = true;
                    break;
                case ParameterType.SupportedExtensions:               // RFC 5061 §4.2.7
                    forwardTsn |= parameter.Value.IndexOf((byte)ChunkType.ForwardTsn) >= 0;
                    reconfig |= parameter.Value.IndexOf((byte)ChunkType.Reconfig) >= 0;
                    interleaving |= parameter.Value.IndexOf((byte)ChunkType.InterleavedData) >= 0;
                    interleavedForwardTsn |= parameter.Value.IndexOf((byte)ChunkType.InterleavedForwardTsn) >= 0;
                    break;
                case ParameterType.ZeroChecksumAcceptable:
                    WireReader method = new(parameter.Value);
                    zeroChecksum |= method.TryReadUInt32(out uint id) && id == DtlsErrorDetection;
                    break;
                default:
                    if (!IsKnown(parameter.Type) && (parameter.Type & 0x8000) == 0) goto stop;      // §3.2.1: nor what follows it
                    break;
            }
        }
    stop:
        init = new InitChunk
        {
            Peer = new PeerParameters
            {
                Tag = tag, ReceiveWindow = window, OutboundStreams = outbound, InboundStreams = inbound, InitialTsn = tsn,
                ForwardTsn = forwardTsn, Reconfig = reconfig, ZeroChecksum = zeroChecksum,
                Interleaving = interleaving, InterleavedForwardTsn = interleavedForwardTsn,
            },
            Cookie = cookie,
            HostName = hostName,
            CookieLifeIncrement = increment,
            Parameters = parameters,
        };
        return true;
    }

    /// <summary>Writes INIT, or INIT ACK when there is a <paramref name="cookie"/>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="self">What to say of ourselves.</param>
    /// <param name="cookie">The state cookie; empty for INIT.</param>
    /// <param name="answered">The parameters of the INIT that is answered, of which the unknown ones are reported (§3.2.2).</param>
    /// <param name="cookieLifeIncrement">By how many ms longer the cookie should live that INIT asks for; 0 for not (§3.3.2.1.3).</param>
    public static void Write(
        ref WireWriter writer, in PeerParameters self, scoped ReadOnlySpan<byte> cookie, scoped ReadOnlySpan<byte> answered, uint cookieLifeIncrement = 0)
    {
        int start = Chunk.Begin(ref writer, cookie.IsEmpty ? ChunkType.Init : ChunkType.InitAck);
        writer.WriteUInt32(self.Tag);
        writer.WriteUInt32(self.ReceiveWindow);
        writer.WriteUInt16(self.OutboundStreams);
        writer.WriteUInt16(self.InboundStreams);
        writer.WriteUInt32(self.InitialTsn);
        if (!cookie.IsEmpty) Parameter.Write(ref writer, (ushort)ParameterType.StateCookie, cookie);
        Parameter.Write(ref writer, (ushort)ParameterType.ForwardTsnSupported, default);
        ReadOnlySpan<byte> extensions =
            [(byte)ChunkType.Reconfig, (byte)ChunkType.ForwardTsn, (byte)ChunkType.InterleavedData, (byte)ChunkType.InterleavedForwardTsn];
        Parameter.Write(ref writer, (ushort)ParameterType.SupportedExtensions, self.Interleaving ? extensions : extensions[..2]);
        if (self.ZeroChecksum)
            Parameter.Write(ref writer, (ushort)ParameterType.ZeroChecksumAcceptable, [0, 0, 0, (byte)DtlsErrorDetection]);
        if (cookieLifeIncrement > 0)
        {
            Span<byte> increment = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(increment, cookieLifeIncrement);
            Parameter.Write(ref writer, (ushort)ParameterType.CookiePreservative, increment);
        }
        ReportUnrecognized(ref writer, answered);
        Chunk.End(ref writer, start);
    }

    /// <summary>Writes the unknown parameters that ask to be reported as the value of an ERROR cause (§3.2.2, §3.3.10.8), as many as fit.</summary>
    public static void CopyUnrecognized(ref WireWriter writer, scoped ReadOnlySpan<byte> parameters)
    {
        WireReader reader = new(parameters);
        while (TryReadUnrecognized(ref reader, out Parameter parameter))
        {
            if (writer.Free < Parameter.HeaderLength + parameter.Value.Length + 3) return;
            Parameter.Write(ref writer, parameter.Type, parameter.Value);
        }
    }

    private static void ReportUnrecognized(ref WireWriter writer, scoped ReadOnlySpan<byte> parameters)
    {
        WireReader reader = new(parameters);
        while (TryReadUnrecognized(ref reader, out Parameter parameter))
        {
            if (writer.Free >= parameter.Bytes.Length + 2 * Parameter.HeaderLength)
                Parameter.Write(ref writer, (ushort)ParameterType.UnrecognizedParameter, parameter.Bytes);
        }
    }

    // §3.2.1: the two high bits of an unknown type say whether to report it, and whether to look at what follows.
    private static bool TryReadUnrecognized(scoped ref WireReader reader, out Parameter parameter)
    {
        while (Parameter.TryRead(ref reader, out parameter))
        {
            if (IsKnown(parameter.Type)) continue;
            if ((parameter.Type & 0x8000) == 0) reader = default;
            if ((parameter.Type & 0x4000) != 0) return true;
        }
        return false;
    }

    // The range is RFC 9260's own: addresses, which mean nothing on top of DTLS (RFC 8261 §6.1), the cookie, and reports.
    private static bool IsKnown(ushort type) => (ParameterType)type is >= ParameterType.Ipv4Address and <= ParameterType.SupportedAddressTypes
        or ParameterType.ForwardTsnSupported or ParameterType.SupportedExtensions or ParameterType.ZeroChecksumAcceptable;
}
