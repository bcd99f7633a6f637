using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>
/// Header extensions that tell of the media and not of the way, so that they go along with a packet from whoever made it: an
/// application, or another connection that a relay forwards for. Each has a number here (<see cref="RtpHeaderElements"/>), which is not its id in any packet.
/// </summary>
internal static class EndToEndExtensions
{
    public const byte AudioLevel = 1, Orientation = 2, Dependencies = 8;

    private static readonly string[] s_uris =
    [
        RtpHeaderExtensionUri.AudioLevel, RtpHeaderExtensionUri.VideoOrientation, RtpHeaderExtensionUri.MixerAudioLevels, RtpHeaderExtensionUri.AbsoluteCaptureTime,
        RtpHeaderExtensionUri.PlayoutDelay, RtpHeaderExtensionUri.VideoContentType, RtpHeaderExtensionUri.ColorSpace, RtpHeaderExtensionUri.DependencyDescriptor,
    ];

    /// <summary>The ids that a section sends them by, by number; 0 where it does not.</summary>
    public static byte[] SendIds(NegotiatedExtensions extensions) => [0, .. s_uris.Select(extensions.SendId)];

    /// <summary>The ids that a section receives them by, by number; 0 where it does not.</summary>
    public static byte[] ReceiveIds(NegotiatedExtensions extensions) => [0, .. s_uris.Select(extensions.ReceiveId)];
}
