namespace WebRtcStack.Sdp;

/// <summary>An <c>a=msid</c> line (RFC 8830 §2): the MediaStream that a section's track belongs to.</summary>
/// <param name="StreamId">The stream's id; "-" for none (RFC 8829 §5.2.1).</param>
/// <param name="TrackId">The track's id, or null; receivers ignore it (RFC 8829 §5.10).</param>
public sealed record SdpMsid(string StreamId, string? TrackId = null)
{
    /// <summary>The id that stands for "no stream".</summary>
    public const string NoStream = "-";

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpMsid? msid)
    {
        ReadOnlySpan<char> fields = value.AsSpan();
        bool parsed = SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> stream);
        bool hasTrack = SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> track);
        msid = parsed ? new SdpMsid(stream.ToString(), hasTrack ? track.ToString() : null) : null;
        return parsed;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => TrackId is null ? StreamId : StreamId + " " + TrackId;
}
