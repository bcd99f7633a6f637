using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>The validation steps of addTransceiver's sendEncodings and of setParameters (webrtc-pc §5.1.2, §5.2.2).</summary>
internal static class EncodingRules
{
    // Deviation, RFC 8851 §10, which sets no limit: an extension element with a one-byte header holds 16 bytes (RFC 8285 §4.2).
    private const int MaxRidLength = 16;

    /// <summary>How many encodings a sender has at most.</summary>
    public static int MaxEncodings(MediaKind kind, WebRtcOptions options) => kind == MediaKind.Video ? options.MaxSimulcastEncodings : 1;

    /// <summary>addTransceiver sendEncodings validation steps.</summary>
    /// <exception cref="ArgumentException">A rid is malformed, missing or repeated (a WebIDL TypeError).</exception>
    /// <exception cref="ArgumentOutOfRangeException">A scale or a frame rate is out of range (a WebIDL RangeError).</exception>
    /// <exception cref="DOMException">OperationError: a codec is not among the capabilities.</exception>
    public static IReadOnlyList<RTCRtpEncodingParameters> ForAddTransceiver(MediaKind kind, IReadOnlyList<RTCRtpEncodingParameters> given, WebRtcOptions options)
    {
        if (given.Count == 0) return Default(kind);
        RequireRids(given);
        IReadOnlyList<RTCRtpCodec> known = RTCRtpCapabilities.Of(kind).Codecs;
        if (given.FirstOrDefault(encoding => encoding.Codec is { } codec && !known.Any(capability => codec.Matches(capability))) is { } unknown)
            throw DOMException.Operation($"{unknown.Codec!.MimeType} is not among the capabilities; take it from GetCapabilities.");
        List<RTCRtpEncodingParameters> encodings = [.. given.Select(encoding => ForKind(kind, encoding))];
        RequireExtensions(encodings, DOMException.Operation);
        foreach (RTCRtpEncodingParameters encoding in encodings)
        {
            RequireScale(encoding);
            if (encoding.MaxFramerate is <= 0 or double.NaN) throw new ArgumentOutOfRangeException(nameof(given), encoding.MaxFramerate, "A maxFramerate is above 0.");
        }
        int max = MaxEncodings(kind, options);
        if (encodings.Exists(encoding => encoding.ScaleResolutionDownBy is not null))
            encodings = encodings.ConvertAll(encoding => encoding with { ScaleResolutionDownBy = encoding.ScaleResolutionDownBy ?? 1 });
        if (encodings.Count > max) encodings.RemoveRange(max, encodings.Count - max);
        if (kind == MediaKind.Video && encodings.TrueForAll(encoding => encoding.ScaleResolutionDownBy is null)) encodings = Scaled(encodings);
        return encodings.Count == 1 ? [encodings[0] with { Rid = null }] : encodings;
    }

    /// <summary>setParameters validation steps.</summary>
    /// <param name="kind">The kind of the sender.</param>
    /// <param name="last">[[LastReturnedParameters]].</param>
    /// <param name="given">What is to be set.</param>
    /// <returns>The encodings to set.</returns>
    /// <exception cref="DOMException">InvalidModificationError: something was changed that is read-only.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A scale or a frame rate is out of range (a WebIDL RangeError).</exception>
    public static IReadOnlyList<RTCRtpEncodingParameters> ForSetParameters(MediaKind kind, RTCRtpSendParameters last, RTCRtpSendParameters given)
    {
        if (given.TransactionId != last.TransactionId)
            throw DOMException.InvalidModification("The parameters are not those that GetParameters gave last; call it again.");
        if (given.Encodings.Count != last.Encodings.Count)
            throw DOMException.InvalidModification($"The sender has {last.Encodings.Count} encodings; their number is fixed.");
        if (!given.Encodings.Select(encoding => encoding.Rid).SequenceEqual(last.Encodings.Select(encoding => encoding.Rid)))
            throw DOMException.InvalidModification("The rids of encodings and their order are fixed.");
        if (given.Rtcp != last.Rtcp || !given.Codecs.SequenceEqual(last.Codecs) || !given.HeaderExtensions.SequenceEqual(last.HeaderExtensions))
            throw DOMException.InvalidModification("Rtcp, Codecs and HeaderExtensions are negotiated and cannot be set.");
        IReadOnlyList<RTCRtpCodec> choosable = last.Codecs.Count > 0 ? last.Codecs : RTCRtpCapabilities.Of(kind).Codecs;
        List<RTCRtpEncodingParameters> encodings = [];
        foreach (RTCRtpEncodingParameters encoding in given.Encodings)
        {
            if (encoding.Codec is { } codec && !choosable.Any(known => known.Matches(codec, ignoreAsymmetricalParameters: true)))
                throw DOMException.InvalidModification($"{codec.MimeType} was not negotiated; choose one of the parameters' Codecs.");
            RTCRtpEncodingParameters checkedOne = ForKind(kind, encoding);
            if (kind == MediaKind.Video) checkedOne = checkedOne with { ScaleResolutionDownBy = checkedOne.ScaleResolutionDownBy ?? 1 };
            RequireScale(checkedOne);
            if (checkedOne.MaxFramerate is < 0 or double.NaN) throw new ArgumentOutOfRangeException(nameof(given), checkedOne.MaxFramerate, "A maxFramerate is 0 or more.");
            encodings.Add(checkedOne);
        }
        RequireExtensions(encodings, DOMException.InvalidModification);
        return encodings;
    }

    /// <summary>The encodings that an offer to receive simulcast proposes (webrtc-pc §4.4.1.5, steps for a remote media description).</summary>
    public static IReadOnlyList<RTCRtpEncodingParameters> Proposed(SdpMedia offered, WebRtcOptions options)
    {
        List<RTCRtpEncodingParameters> proposed = [];
        foreach (string rid in SimulcastLines.Received(offered))
        {
            if (proposed.Count < options.MaxSimulcastEncodings) proposed.Add(new RTCRtpEncodingParameters { Rid = rid });
        }
        return Scaled(proposed);
    }

    /// <summary>Of a sender that was given none: one, as large as the track (webrtc-pc §5.2, "create an RTCRtpSender").</summary>
    public static IReadOnlyList<RTCRtpEncodingParameters> Default(MediaKind kind) => [new() { ScaleResolutionDownBy = kind == MediaKind.Video ? 1 : null }];

    // 2^(length - index - 1): from small to large, the last not scaled.
    private static List<RTCRtpEncodingParameters> Scaled(List<RTCRtpEncodingParameters> encodings) =>
        [.. encodings.Select((encoding, index) => encoding with { ScaleResolutionDownBy = 1 << Math.Min(encodings.Count - index - 1, 30) })];

    private static RTCRtpEncodingParameters ForKind(MediaKind kind, RTCRtpEncodingParameters encoding) =>
        kind == MediaKind.Audio ? encoding with { ScaleResolutionDownBy = null, ScaleResolutionDownTo = null, MaxFramerate = null } : encoding;

    // webrtc-extensions §6.1
    private static void RequireExtensions(List<RTCRtpEncodingParameters> encodings, Func<string, DOMException> refusal)
    {
        if (encodings.Exists(encoding => encoding is { AdaptivePtime: true, Ptime: not null }))
            throw DOMException.InvalidModification("An encoding has ptime or adaptivePtime, not both.");
        if (encodings.TrueForAll(encoding => encoding.ScaleResolutionDownTo is null)) return;
        if (encodings.Exists(encoding => encoding is { Active: true, ScaleResolutionDownTo: null }))
            throw refusal("Either all active encodings have scaleResolutionDownTo or none.");
        if (encodings.Exists(encoding => encoding.ScaleResolutionDownTo is { MaxWidth: 0 } or { MaxHeight: 0 }))
            throw refusal("The width and height of scaleResolutionDownTo are above 0.");
    }

    private static void RequireScale(RTCRtpEncodingParameters encoding)
    {
        if (encoding.ScaleResolutionDownBy is < 1 or double.NaN)
            throw new ArgumentOutOfRangeException(nameof(encoding), encoding.ScaleResolutionDownBy, "A scaleResolutionDownBy is 1 or more.");
    }

    private static void RequireRids(IReadOnlyList<RTCRtpEncodingParameters> encodings)
    {
        HashSet<string> seen = [];
        foreach (RTCRtpEncodingParameters encoding in encodings)
        {
            if (encoding.Rid is not { } rid) continue;
            if (rid.Length is 0 or > MaxRidLength || !rid.All(IsAlphanumeric))
                throw new ArgumentException($"\"{rid}\" is no rid: it has 1 to {MaxRidLength} letters and digits.", nameof(encodings));
            if (!seen.Add(rid)) throw new ArgumentException($"The rid \"{rid}\" is there twice.", nameof(encodings));
        }
        if (seen.Count > 0 && seen.Count < encodings.Count) throw new ArgumentException("Either all encodings have a rid or none.", nameof(encodings));
    }

    // RFC 8851 §10 has "-" and "_" as well, which RFC 8852 §3 does not let into packets.
    private static bool IsAlphanumeric(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9');
}
