namespace WebRtcStack.Rtp;

/// <summary>The header of an IVF file: one video stream, its frames one behind the other.</summary>
/// <param name="FourCC">The codec: "VP80", "VP90", "AV01", "H264".</param>
/// <param name="Width">Width in pixels, up to 65535.</param>
/// <param name="Height">Height in pixels, up to 65535.</param>
/// <param name="TimeBaseDenominator">Units of a frame's time in <see cref="TimeBaseNumerator"/> seconds.</param>
/// <param name="TimeBaseNumerator">Seconds that those units make, mostly 1.</param>
/// <param name="FrameCount">Frames in the file; 0 when its writer did not know.</param>
public readonly record struct IvfHeader(string FourCC, int Width, int Height, uint TimeBaseDenominator, uint TimeBaseNumerator = 1, uint FrameCount = 0)
{
    internal const int Length = 32;
    internal const int FrameHeaderLength = 12;

    /// <summary>The name of the payload format ("VP8", "VP9", "AV1", "H264"), or null.</summary>
    public string? EncodingName => FourCC switch
    {
        "VP80" => "VP8",
        "VP90" => "VP9",
        "AV01" => "AV1",
        "H264" => "H264",
        _ => null,
    };
}

/// <summary>A frame of an IVF file. Its holder disposes it, once.</summary>
/// <param name="Payload">The frame's bytes.</param>
/// <param name="Time">Its time in units of the file's time base.</param>
public readonly record struct IvfFrame(Core.MessageLease Payload, ulong Time) : IDisposable
{
    /// <summary>Gives the payload's memory back.</summary>
    public void Dispose() => Payload.Dispose();
}
