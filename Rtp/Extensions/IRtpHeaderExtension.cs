namespace WebRtcStack.Rtp;

/// <summary>The value of an RTP header extension element, as <see cref="RtpHeaderWriter.AddExtension{T}"/> takes it.</summary>
/// <remarks>Reading is each type's static <c>TryRead(ReadOnlySpan&lt;byte&gt;, out T)</c>, which never throws.</remarks>
public interface IRtpHeaderExtension
{
    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    int Length { get; }

    /// <summary>Writes the value.</summary>
    /// <returns>Bytes written; 0 when <paramref name="destination"/> is too small (it is then untouched).</returns>
    int Write(Span<byte> destination);
}
